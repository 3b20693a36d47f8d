#include "thole/api/tables/cells.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

using codec::Value;

constexpr std::string_view kUnknown = "<unknown>";

// "cpu: 30%/80%": of a resource of the pods or of one of their containers.
std::string resource_metric(Value source, Value current) {
  const Value target = source.get("target");
  std::string now(kUnknown);
  std::string wanted = "<auto>";
  if (!target.get("averageValue").is_null()) {
    if (!current.is_null()) now = quantity_text(current.get("averageValue"));
    wanted = quantity_text(target.get("averageValue"));
  } else {
    if (current.get("averageUtilization").is_int()) {
      now = cat(current.int_or("averageUtilization", 0), "%");
    }
    if (target.get("averageUtilization").is_int()) {
      wanted = cat(target.int_or("averageUtilization", 0), "%");
    }
  }
  return cat(source.string_or("name"), ": ", now, "/", wanted);
}

// Of an object or of something outside the cluster: a value, or an average over the pods.
std::string value_metric(Value source, Value current) {
  const Value target = source.get("target");
  const bool average = !target.get("averageValue").is_null();
  const std::string_view field = average ? "averageValue" : "value";
  const bool known = average ? !current.get(field).is_null() : !current.is_null();
  return cat(known ? quantity_text(current.get(field)) : std::string(kUnknown), "/",
             quantity_text(target.get(field)), average ? " (avg)" : "");
}

std::string metric(Value spec, Value status) {
  const std::string_view type = spec.string_or("type");
  const std::string_view field = type == "External"            ? "external"
                                 : type == "Pods"              ? "pods"
                                 : type == "Object"            ? "object"
                                 : type == "Resource"          ? "resource"
                                 : type == "ContainerResource" ? "containerResource"
                                                               : "";
  if (field.empty()) return "<unknown type>";
  const Value source = spec.get(field);
  const Value current = status.at_path(field, "current");
  if (type == "Resource" || type == "ContainerResource") return resource_metric(source, current);
  if (type != "Pods") return value_metric(source, current);
  return cat(current.is_null() ? std::string(kUnknown) : quantity_text(current.get("averageValue")),
             "/", quantity_text(source.at_path("target", "averageValue")));
}

std::string metrics(Value object) {
  constexpr std::size_t kMax = 2;
  const Value spec = object.get("spec");
  if (spec.get("targetCPUUtilizationPercentage").is_int()) {  // autoscaling/v1
    const Value current = object.get("status").get("currentCPUUtilizationPercentage");
    return cat("cpu: ", current.is_int() ? cat(current.as_int(), "%") : std::string(kUnknown), "/",
               spec.int_or("targetCPUUtilizationPercentage", 0), "%");
  }
  const auto specs = spec.get("metrics").elements();
  const auto statuses = object.at_path("status", "currentMetrics").elements();
  if (specs.empty()) return "<none>";
  std::vector<std::string> list;
  for (std::size_t i = 0; i < specs.size() && i < kMax; ++i) {
    list.push_back(metric(specs[i], i < statuses.size() ? statuses[i] : Value()));
  }
  const std::string text = join_texts(list, ", ");
  return specs.size() > kMax ? cat(text, " + ", specs.size() - kMax, " more...") : text;
}

void print_autoscaler(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  const Value target = spec.get("scaleTargetRef");
  add_name(row, object);
  add_text(row, cat(target.string_or("kind"), "/", target.string_or("name")));
  add_text(row, metrics(object));
  add_text(row, not_empty(scalar_text(spec.get("minReplicas")), "<unset>"));
  add_number(row, spec.int_or("maxReplicas", 0));
  add_number(row, object.get("status").int_or("currentReplicas", 0));
  add_age(row, object);
}

constexpr NamedPrinter kAutoscalingPrinters[] = {{"horizontalpodautoscalers", print_autoscaler}};

}  // namespace

std::span<const NamedPrinter> autoscaling_printers() { return kAutoscalingPrinters; }

}  // namespace thole::api
