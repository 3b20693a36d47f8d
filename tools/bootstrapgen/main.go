// Command bootstrapgen writes the objects that a new cluster starts with, one JSON object a line:
// the RBAC policy, the system priority classes, and the flow-control configuration, as upstream's
// own packages build them. The texts "$NOW" and "$UID" stand where the server writes the time of its
// start, and a fresh uid.
//
// Objects that depend on flags (the kubernetes Service, its endpoints, ...) are not here: the
// server makes them.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/flowcontrol/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	_ "k8s.io/kubernetes/pkg/apis/scheduling/install"
	schedulinghelpers "k8s.io/kubernetes/pkg/apis/scheduling/v1"
	_ "k8s.io/kubernetes/pkg/features"
	"k8s.io/kubernetes/pkg/generated/openapi"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"
)

const now = "$NOW"

// start stands for the time of the server's start until it is replaced by `now`.
var start = metav1.NewTime(time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC))

type writer struct {
	out   *bufio.Writer
	types managedfields.TypeConverter
}

func main() {
	w := writer{out: bufio.NewWriter(os.Stdout), types: typeConverter()}
	defer w.out.Flush()

	for _, name := range []string{"kube-system", "kube-public", "default", "kube-node-lease"} {
		w.write(corev1.SchemeGroupVersion.WithKind("Namespace"), &corev1.Namespace{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelMetadataName: name}},
		}, "kube-apiserver", activate)
	}

	levels := append(bootstrap.MandatoryPriorityLevelConfigurations, bootstrap.SuggestedPriorityLevelConfigurations...)
	for _, level := range levels {
		w.write(flowcontrolv1.SchemeGroupVersion.WithKind("PriorityLevelConfiguration"), withSpecUpdate(level.DeepCopy()),
			"api-priority-and-fairness-config-producer-v1", nil)
	}
	schemas := append(bootstrap.MandatoryFlowSchemas, bootstrap.SuggestedFlowSchemas...)
	for _, flow := range schemas {
		w.write(flowcontrolv1.SchemeGroupVersion.WithKind("FlowSchema"), withSpecUpdate(flow.DeepCopy()),
			"api-priority-and-fairness-config-producer-v1", foundLevel)
	}

	for _, class := range schedulinghelpers.SystemPriorityClasses() {
		class.Generation = 1
		policy := corev1.PreemptLowerPriority
		class.PreemptionPolicy = &policy
		w.write(schedulingv1.SchemeGroupVersion.WithKind("PriorityClass"), class, "kube-apiserver", nil)
	}

	rbac := rbacv1.SchemeGroupVersion
	for _, role := range append(bootstrappolicy.ClusterRoles(), bootstrappolicy.ControllerRoles()...) {
		w.write(rbac.WithKind("ClusterRole"), &role, "kube-apiserver", nil)
	}
	for _, binding := range append(bootstrappolicy.ClusterRoleBindings(), bootstrappolicy.ControllerRoleBindings()...) {
		w.write(rbac.WithKind("ClusterRoleBinding"), &binding, "kube-apiserver", nil)
	}
	roles := bootstrappolicy.NamespaceRoles()
	for _, namespace := range sortedKeys(roles) {
		for _, role := range roles[namespace] {
			w.write(rbac.WithKind("Role"), &role, "kube-apiserver", nil)
		}
	}
	bindings := bootstrappolicy.NamespaceRoleBindings()
	for _, namespace := range sortedKeys(bindings) {
		for _, binding := range bindings[namespace] {
			w.write(rbac.WithKind("RoleBinding"), &binding, "kube-apiserver", nil)
		}
	}
}

func sortedKeys[T any](m map[string]T) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// withSpecUpdate adds what the flow-control bootstrap writes beside the specification.
func withSpecUpdate[T metav1.Object](object T) T {
	object.SetGeneration(1)
	object.SetAnnotations(map[string]string{flowcontrolv1.AutoUpdateAnnotationKey: "true"})
	return object
}

// foundLevel sets the condition that the flow controller writes on a schema whose level exists.
func foundLevel(object runtime.Object) {
	flow := object.(*flowcontrolv1.FlowSchema)
	message := fmt.Sprintf("This FlowSchema references the PriorityLevelConfiguration object named %q and it exists",
		flow.Spec.PriorityLevelConfiguration.Name)
	flow.Status.Conditions = []flowcontrolv1.FlowSchemaCondition{{Type: flowcontrolv1.FlowSchemaConditionDangling,
		Status: flowcontrolv1.ConditionFalse, LastTransitionTime: start, Reason: "Found", Message: message}}
	const owned = `{"f:status":{"f:conditions":{"k:{\"type\":\"Dangling\"}":{".":{},"f:lastTransitionTime":{},` +
		`"f:message":{},"f:reason":{},"f:status":{},"f:type":{}}}}}`
	flow.ManagedFields = append([]metav1.ManagedFieldsEntry{{Manager: "api-priority-and-fairness-config-consumer-v1",
		Operation: metav1.ManagedFieldsOperationApply, APIVersion: "flowcontrol.apiserver.k8s.io/v1", Time: &start,
		FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(owned), Subresource: "status"}}, flow.ManagedFields...)
}

// activate sets what the server's own rules add to a namespace, which its creator doesn't own.
func activate(object runtime.Object) {
	namespace := object.(*corev1.Namespace)
	namespace.Spec.Finalizers = []corev1.FinalizerName{corev1.FinalizerKubernetes}
	namespace.Status.Phase = corev1.NamespaceActive
}

func (w writer) write(kind schema.GroupVersionKind, object runtime.Object, manager string, finish func(runtime.Object)) {
	fields, err := managedfields.NewDefaultFieldManager(w.types, legacyscheme.Scheme, legacyscheme.Scheme,
		legacyscheme.Scheme, kind, kind.GroupVersion(), "", nil)
	check(err)
	object.GetObjectKind().SetGroupVersionKind(kind)
	live, err := legacyscheme.Scheme.New(kind)
	check(err)
	live.GetObjectKind().SetGroupVersionKind(kind)
	owned, err := fields.Update(live, object, manager)
	check(err)
	owned.GetObjectKind().SetGroupVersionKind(kind)

	meta := owned.(metav1.Object)
	meta.SetUID("$UID")
	meta.SetCreationTimestamp(start)
	entries := meta.GetManagedFields()
	for i := range entries {
		entries[i].Time = &start
	}
	meta.SetManagedFields(entries)
	if finish != nil {
		finish(owned)
	}
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(owned))
	text := strings.ReplaceAll(line.String(), start.UTC().Format(time.RFC3339), now)
	_, err = w.out.WriteString(text)
	check(err)
}

func typeConverter() managedfields.TypeConverter {
	definitions := openapi.GetOpenAPIDefinitions(func(name string) spec.Ref {
		return spec.MustCreateRef("#/components/schemas/" + name)
	})
	schemas := map[string]*spec.Schema{}
	for name, definition := range definitions {
		model := definition.Schema
		if v3, ok := definition.Schema.Extensions[common.ExtensionV2Schema].(spec.Schema); ok {
			model = v3
		}
		schemas[name] = &model
	}
	for _, kind := range []schema.GroupVersionKind{
		corev1.SchemeGroupVersion.WithKind("Namespace"),
		flowcontrolv1.SchemeGroupVersion.WithKind("PriorityLevelConfiguration"),
		flowcontrolv1.SchemeGroupVersion.WithKind("FlowSchema"),
		schedulingv1.SchemeGroupVersion.WithKind("PriorityClass"),
		rbacv1.SchemeGroupVersion.WithKind("ClusterRole"),
		rbacv1.SchemeGroupVersion.WithKind("ClusterRoleBinding"),
		rbacv1.SchemeGroupVersion.WithKind("Role"),
		rbacv1.SchemeGroupVersion.WithKind("RoleBinding"),
	} {
		object, err := legacyscheme.Scheme.New(kind)
		check(err)
		model := schemas[modelName(object)]
		model.AddExtension("x-kubernetes-group-version-kind", []any{map[string]any{
			"group": kind.Group, "version": kind.Version, "kind": kind.Kind}})
	}
	types, err := managedfields.NewTypeConverter(schemas, false)
	check(err)
	return types
}

func modelName(object runtime.Object) string {
	return object.(interface{ OpenAPIModelName() string }).OpenAPIModelName()
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
