// What admission adds to pods: their priority, and how long they stay on a lost node.
#include "thole/api/admission/plugins.hpp"
#include "thole/api/errors.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {
namespace {

using codec::Arena;
using codec::Value;

constexpr std::string_view kClasses = "scheduling.k8s.io/priorityclasses";

class Priority : public AdmissionPlugin {
 public:
  explicit Priority(const store::Store& store) : store_(store) {}

  std::string_view name() const override { return "Priority"; }
  bool handles(Operation operation, std::string_view group,
               std::string_view resource) const override {
    if (operation != Operation::Create) return false;
    return (group.empty() && resource == "pods") ||
           (group == "scheduling.k8s.io" && resource == "priorityclasses");
  }

  Async<void> admit(Admission& admission) override {
    if (admission.resource.plural != "pods" || !admission.attributes.subresource.empty()) {
      co_return Result<void>();
    }
    const Value spec = admission.object.get("spec");
    if (!spec.is_object()) co_return Result<void>();
    Arena& arena = admission.arena;
    std::int64_t number = 0;
    std::string policy = "PreemptLowerPriority";
    std::string_view wanted = spec.string_or("priorityClassName");

    const store::Snapshot snapshot = store_.snapshot();
    std::string chosen;
    if (wanted.empty()) {
      // The global default with the smallest value, as upstream picks among several.
      bool found = false;
      for (store::Cursor at = snapshot.scan(kClasses); at.valid(); at.next()) {
        const auto document = codec::parse_json(at.value().bytes());
        if (!document || !document->root.bool_or("globalDefault", false)) continue;
        const std::int64_t value = document->root.int_or("value", 0);
        if (found && value >= number) continue;
        found = true;
        number = value;
        policy = document->root.string_or("preemptionPolicy", policy);
        chosen = at.name();
      }
      if (found) spec.set(arena, "priorityClassName", Value::string(arena, chosen));
    } else {
      const store::ValuePtr value = snapshot.get(kClasses, wanted);
      if (!value) {
        co_return fail(forbidden("", "pods", admission.attributes.name,
                                 cat("no PriorityClass with name ", wanted, " was found")));
      }
      if (const auto document = codec::parse_json(value->bytes())) {
        number = document->root.int_or("value", 0);
        policy = document->root.string_or("preemptionPolicy", policy);
      }
    }
    if (const Value given = spec.get("priority"); given.is_int() && given.as_int() != number) {
      co_return fail(forbidden(
          "", "pods", admission.attributes.name,
          cat("the integer value of priority (", given.as_int(),
              ") must not be provided in pod spec; priority admission controller computed ", number,
              " from the given PriorityClass name")));
    }
    spec.set(arena, "priority", Value::integer(number));
    if (spec.get("preemptionPolicy").is_null()) {
      spec.set(arena, "preemptionPolicy", Value::string(arena, policy));
    }
    co_return Result<void>();
  }

  Async<void> validate(const Admission& admission) override {
    if (admission.resource.plural != "priorityclasses") co_return Result<void>();
    if (!admission.object.bool_or("globalDefault", false)) co_return Result<void>();
    const store::Snapshot snapshot = store_.snapshot();
    for (store::Cursor at = snapshot.scan(kClasses); at.valid(); at.next()) {
      const auto document = codec::parse_json(at.value().bytes());
      if (!document || !document->root.bool_or("globalDefault", false)) continue;
      co_return fail(forbidden("scheduling.k8s.io", "priorityclasses", admission.attributes.name,
                               cat("PriorityClass ", at.name(),
                                   " is already marked as default. Only one default can exist")));
    }
    co_return Result<void>();
  }

 private:
  const store::Store& store_;
};

class DefaultTolerationSeconds : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "DefaultTolerationSeconds"; }
  bool handles(Operation operation, std::string_view group,
               std::string_view resource) const override {
    return (operation == Operation::Create || operation == Operation::Update) && group.empty() &&
           resource == "pods";
  }

  Async<void> admit(Admission& admission) override {
    const Value spec = admission.object.get("spec");
    if (!admission.attributes.subresource.empty() || !spec.is_object()) co_return Result<void>();
    for (const std::string_view taint :
         {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
      if (tolerates(spec, taint)) continue;
      Arena& arena = admission.arena;
      const Value toleration = Value::object(arena);
      toleration.set(arena, "key", Value::string(taint));
      toleration.set(arena, "operator", Value::string("Exists"));
      toleration.set(arena, "effect", Value::string("NoExecute"));
      toleration.set(arena, "tolerationSeconds", Value::integer(300));
      if (!spec.get("tolerations").is_array()) {
        spec.set(arena, "tolerations", Value::array(arena));
      }
      spec.get("tolerations").push_back(arena, toleration);
    }
    co_return Result<void>();
  }

 private:
  static bool tolerates(const Value& spec, std::string_view taint) {
    for (const Value& toleration : spec.get("tolerations").elements()) {
      const std::string_view key = toleration.string_or("key");
      const std::string_view effect = toleration.string_or("effect");
      if ((key == taint || key.empty()) && (effect == "NoExecute" || effect.empty())) return true;
    }
    return false;
  }
};

class DefaultStorageClass : public AdmissionPlugin {
 public:
  explicit DefaultStorageClass(const store::Store& store) : store_(store) {}

  std::string_view name() const override { return "DefaultStorageClass"; }
  bool handles(Operation operation, std::string_view group,
               std::string_view resource) const override {
    return operation == Operation::Create && group.empty() && resource == "persistentvolumeclaims";
  }

  Async<void> admit(Admission& admission) override {
    const Value spec = admission.object.get("spec");
    const Value annotations = admission.object.get("metadata").get("annotations");
    if (!spec.is_object() || !spec.get("storageClassName").is_null() ||
        annotations.find("volume.beta.kubernetes.io/storage-class")) {
      co_return Result<void>();
    }
    // Of several defaults the youngest wins, then the first by name.
    const store::Snapshot snapshot = store_.snapshot();
    std::string best;
    std::string best_time;
    for (store::Cursor at = snapshot.scan("storage.k8s.io/storageclasses"); at.valid(); at.next()) {
      const auto document = codec::parse_json(at.value().bytes());
      if (!document) continue;
      const Value metadata = document->root.get("metadata");
      const Value marks = metadata.get("annotations");
      if (marks.string_or("storageclass.kubernetes.io/is-default-class") != "true" &&
          marks.string_or("storageclass.beta.kubernetes.io/is-default-class") != "true") {
        continue;
      }
      const std::string_view time = metadata.string_or("creationTimestamp");
      if (!best.empty() && time <= best_time) continue;
      best = at.name();
      best_time = time;
    }
    if (!best.empty()) {
      spec.set(admission.arena, "storageClassName", Value::string(admission.arena, best));
    }
    co_return Result<void>();
  }

 private:
  const store::Store& store_;
};

}  // namespace

std::unique_ptr<AdmissionPlugin> priority(const store::Store& store) {
  return std::make_unique<Priority>(store);
}
std::unique_ptr<AdmissionPlugin> default_toleration_seconds() {
  return std::make_unique<DefaultTolerationSeconds>();
}
std::unique_ptr<AdmissionPlugin> default_storage_class(const store::Store& store) {
  return std::make_unique<DefaultStorageClass>(store);
}

}  // namespace thole::api
