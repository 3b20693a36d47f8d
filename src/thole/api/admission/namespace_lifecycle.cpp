#include <map>

#include "thole/api/admission/plugins.hpp"
#include "thole/api/errors.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/store/derived.hpp"

namespace thole::api {
namespace {

constexpr std::string_view kNamespaces = "core/namespaces";

// Whether each namespace is being terminated.
using Phases = std::map<std::string, bool, std::less<>>;

std::shared_ptr<const Phases> read_phases(const store::Snapshot& snapshot) {
  auto phases = std::make_shared<Phases>();
  for (store::Cursor at = snapshot.scan(kNamespaces); at.valid(); at.next()) {
    const auto document = codec::parse_json(at.value().bytes());
    const bool terminating =
        document && (document->root.get("status").string_or("phase") == "Terminating" ||
                     document->root.get("metadata").get("deletionTimestamp").is_string());
    phases->emplace(at.name(), terminating);
  }
  return phases;
}

class NamespaceLifecycle : public AdmissionPlugin {
 public:
  explicit NamespaceLifecycle(const store::Store& store)
      : store_(store), phases_({std::string(kNamespaces)}, &read_phases) {}

  std::string_view name() const override { return "NamespaceLifecycle"; }

  bool handles(Operation operation, std::string_view group,
               std::string_view resource) const override {
    if (operation == Operation::Delete) return group.empty() && resource == "namespaces";
    if (operation == Operation::Connect) return false;
    // A review of rights may ask about a namespace that is yet to come.
    return !(group == "authorization.k8s.io" && resource == "localsubjectaccessreviews");
  }

  Async<void> admit(Admission& admission) override {
    const Attributes& attributes = admission.attributes;
    if (admission.operation == Operation::Delete) {
      if (attributes.name == "default" || attributes.name == "kube-system" ||
          attributes.name == "kube-public") {
        co_return fail(
            forbidden("", "namespaces", attributes.name, "this namespace may not be deleted"));
      }
      co_return Result<void>();
    }
    if (!admission.resource.namespaced || attributes.namespace_.empty()) co_return Result<void>();

    const std::shared_ptr<const Phases> phases = phases_.get(store_.snapshot());
    const auto found = phases->find(attributes.namespace_);
    if (found == phases->end()) {
      co_return fail(not_found("", "namespaces", attributes.namespace_));
    }
    if (admission.operation != Operation::Create || !found->second) co_return Result<void>();

    Error error = forbidden(attributes.group, attributes.resource, attributes.name,
                            cat("unable to create new content in namespace ", attributes.namespace_,
                                " because it is being terminated"));
    ErrorDetails details = error.details ? *error.details : ErrorDetails();
    details.causes.push_back({"NamespaceTerminating",
                              cat("namespace ", attributes.namespace_, " is being terminated"),
                              "metadata.namespace"});
    error.details = std::make_shared<const ErrorDetails>(std::move(details));
    co_return fail(std::move(error));
  }

 private:
  const store::Store& store_;
  store::Derived<Phases> phases_;
};

}  // namespace

std::unique_ptr<AdmissionPlugin> namespace_lifecycle(const store::Store& store) {
  return std::make_unique<NamespaceLifecycle>(store);
}

void add_admission_plugins(AdmissionChain& chain, const store::Store& store) {
  chain.add(namespace_lifecycle(store));
  chain.add(priority(store));
  chain.add(default_toleration_seconds());
  chain.add(default_storage_class(store));
  chain.add(service_addresses(store, "10.0.0.0/24"));
}

}  // namespace thole::api
