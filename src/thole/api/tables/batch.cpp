#include "thole/api/tables/cells.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/time.hpp"

namespace thole::api {

namespace {

using codec::Value;

std::string completions(Value job) {
  const Value spec = job.get("spec");
  const std::int64_t succeeded = job.get("status").int_or("succeeded", 0);
  if (spec.get("completions").is_int()) return cat(succeeded, "/", spec.int_or("completions", 0));
  const std::int64_t parallelism = spec.int_or("parallelism", 0);
  if (parallelism > 1) return cat(succeeded, "/1 of ", parallelism);
  return cat(succeeded, "/1");
}

std::string job_duration(const RowContext& row, Value status) {
  const Value started = status.get("startTime");
  const Value completed = status.get("completionTime");
  if (!started.is_string()) return "";
  if (!completed.is_string()) return since(row, started);
  const auto from = codec::parse_time(started.as_string());
  const auto to = codec::parse_time(completed.as_string());
  if (!from || !to) return "";
  return human_duration(std::chrono::seconds(to->seconds - from->seconds));
}

std::string_view job_status(Value job) {
  const auto holds = [&](std::string_view type) {
    return find_condition(job, type).string_or("status") == "True";
  };
  if (holds("Complete")) return "Complete";
  if (holds("Failed")) return "Failed";
  if (is_terminating(job)) return "Terminating";
  for (const std::string_view type : {"Suspended", "FailureTarget", "SuccessCriteriaMet"}) {
    if (holds(type)) return type;
  }
  return "Running";
}

void print_job(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, job_status(object));
  add_text(row, completions(object));
  add_text(row, job_duration(row, object.get("status")));
  add_age(row, object);
  add_containers(row, object.at_path("spec", "template", "spec", "containers"));
  add_text(row, format_selector(object.at_path("spec", "selector")));
}

void print_cron_job(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  const Value status = object.get("status");
  const Value last = status.get("lastScheduleTime");
  const Value job = spec.at_path("jobTemplate", "spec");
  add_name(row, object);
  add_text(row, spec.string_or("schedule"));
  add_text(row, spec.string_or("timeZone", "<none>"));
  add_text(row, !spec.get("suspend").is_bool()   ? "<unset>"
                : spec.bool_or("suspend", false) ? "True"
                                                 : "False");
  add_number(row, static_cast<std::int64_t>(status.get("active").size()));
  add_text(row, last.is_null() ? "<none>" : since(row, last));
  add_age(row, object);
  add_containers(row, job.at_path("template", "spec", "containers"));
  add_text(row, format_selector(job.get("selector")));
}

constexpr NamedPrinter kBatchPrinters[] = {
    {"jobs", print_job},
    {"cronjobs", print_cron_job},
};

}  // namespace

std::span<const NamedPrinter> batch_printers() { return kBatchPrinters; }

}  // namespace thole::api
