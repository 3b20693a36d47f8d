// Job and CronJob.
#include <limits>

#include "thole/api/kinds/groups.hpp"

namespace thole::api::kinds {
namespace {

using codec::Value;

constexpr std::string_view kControllerUid = "batch.kubernetes.io/controller-uid";

// What a job and a cron job's template share.
void default_job_spec(const Fill& fill, Value holder, bool complete) {
  default_pod_template(fill, holder);
  const Value spec = holder.get("spec");
  for (const Value& rule : spec.get("podFailurePolicy").get("rules").elements()) {
    for (const Value& pattern : rule.get("onPodConditions").elements()) {
      fill.nonempty(pattern, "status", "True");
    }
  }
  if (!complete) return;  // A cron job's template gets the rest when a job is made of it.
  if (spec.get("completions").is_null() && spec.get("parallelism").is_null()) {
    fill.integer(spec, "completions", 1);
  }
  fill.integer(spec, "parallelism", 1);
  fill.integer(
      spec, "backoffLimit",
      spec.get("backoffLimitPerIndex").is_null() ? 6 : std::numeric_limits<std::int32_t>::max());
  fill.text(spec, "completionMode", "NonIndexed");
  fill.boolean(spec, "suspend", false);
  fill.text(spec, "podReplacementPolicy",
            spec.get("podFailurePolicy").is_null() ? "TerminatingOrFailed" : "Failed");
  fill.boolean(spec, "manualSelector", false);
}

void default_job(RuleContext& context, Value job) {
  const Fill fill(context.arena);
  default_job_spec(fill, job, true);
  const Value labels = job.get("spec").at_path("template", "metadata", "labels");
  const Value metadata = fill.object(job, "metadata");
  if (labels.size() > 0 && metadata.get("labels").size() == 0) {
    metadata.set(context.arena, "labels", fill.copy(labels));
  }
}

void default_cron_job(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  const Value spec = object.get("spec");
  default_job_spec(fill, spec.get("jobTemplate"), false);
  fill.nonempty(spec, "concurrencyPolicy", "Allow");
  fill.boolean(spec, "suspend", false);
  fill.integer(spec, "successfulJobsHistoryLimit", 3);
  fill.integer(spec, "failedJobsHistoryLimit", 1);
}

// The job's pods are found by its uid.
void prepare_job(RuleContext& context, Value job) {
  const Fill fill(context.arena);
  const Value spec = job.get("spec");
  if (!spec.is_object() || spec.bool_or("manualSelector", false)) return;
  const Value metadata = job.get("metadata");
  const Value inner = fill.object(fill.object(spec, "template"), "metadata");
  const Value labels = fill.object(inner, "labels");
  for (const std::string_view key : {"job-name", "batch.kubernetes.io/job-name"}) {
    fill.text(labels, key, metadata.string_or("name"));
  }
  for (const std::string_view key : {std::string_view("controller-uid"), kControllerUid}) {
    fill.text(labels, key, metadata.string_or("uid"));
  }
  const Value selector = fill.object(fill.object(spec, "selector"), "matchLabels");
  fill.text(selector, kControllerUid, metadata.string_or("uid"));
}

void validate_job_template(Value spec, const Path& path, Causes& causes) {
  for (const std::string_view field : {"parallelism", "completions", "activeDeadlineSeconds",
                                       "backoffLimit", "ttlSecondsAfterFinished"}) {
    non_negative(causes, path / field, spec.get(field));
  }
  validate_pod_template(spec.get("template"), path / "template", causes);
  const Value restart = spec.at_path("template", "spec", "restartPolicy");
  if (!restart.is_string() || restart.as_string() == "Always") {
    required(causes, path / "template" / "spec" / "restartPolicy",
             "valid values: \"OnFailure\", \"Never\"");
  } else if (restart.as_string() != "OnFailure" && restart.as_string() != "Never") {
    not_supported(causes, path / "template" / "spec" / "restartPolicy", restart,
                  {"OnFailure", "Never"});
  }
}

void validate_job(RuleContext&, Value job, Causes& causes) {
  const Value spec = job.get("spec");
  validate_job_template(spec, Path("spec"), causes);
  const Value selector = spec.get("selector");
  if (selector.is_null()) {
    required(causes, Path("spec.selector"));
  } else if (!selector_matches(selector, spec.at_path("template", "metadata", "labels"))) {
    invalid(causes, Path("spec.template.metadata.labels"),
            spec.at_path("template", "metadata", "labels"),
            "`selector` does not match template `labels`");
  }
}

void validate_job_update(RuleContext& context, Value job, Value old, Causes& causes) {
  validate_job(context, job, causes);
  const Value now = job.get("spec");
  const Value before = old.get("spec");
  if (before.string_or("completionMode") != "Indexed") {
    immutable(causes, Path("spec.completions"), now.get("completions"), before.get("completions"));
  }
  immutable(causes, Path("spec.selector"), now.get("selector"), before.get("selector"));
  // A suspended job that has not started may still be moved to other nodes.
  if (!before.bool_or("suspend", false)) {
    immutable(causes, Path("spec.template"), now.get("template"), before.get("template"));
  }
  immutable(causes, Path("spec.completionMode"), now.get("completionMode"),
            before.get("completionMode"));
  immutable(causes, Path("spec.podFailurePolicy"), now.get("podFailurePolicy"),
            before.get("podFailurePolicy"));
}

void validate_cron_job(RuleContext&, Value object, Causes& causes) {
  const Value spec = object.get("spec");
  if (spec.string_or("schedule").empty()) required(causes, Path("spec.schedule"));
  const Value policy = spec.get("concurrencyPolicy");
  const std::string_view text = spec.string_or("concurrencyPolicy");
  if (text.empty()) {
    required(causes, Path("spec.concurrencyPolicy"));
  } else if (text != "Allow" && text != "Forbid" && text != "Replace") {
    not_supported(causes, Path("spec.concurrencyPolicy"), policy, {"Allow", "Forbid", "Replace"});
  }
  validate_job_template(spec.get("jobTemplate").get("spec"), Path("spec.jobTemplate.spec"), causes);
  for (const std::string_view field :
       {"startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"}) {
    non_negative(causes, Path("spec") / field, spec.get(field));
  }
  constexpr std::size_t kNameMax = 52;  // A job's name adds eleven more.
  if (object.get("metadata").string_or("name").size() > kNameMax) {
    invalid(causes, Path("metadata.name"), object.get("metadata").get("name"),
            "must be no more than 52 characters");
  }
}

void validate_cron_job_update(RuleContext& context, Value object, Value, Causes& causes) {
  validate_cron_job(context, object, causes);
}

}  // namespace

void hook_batch(RulesTable& table) {
  edit(table, "batch", "jobs", [](ResourceRules& rules) {
    rules.default_object = default_job;
    rules.prepare_for_create = prepare_job;
    rules.validate_create = validate_job;
    rules.validate_update = validate_job_update;
  });
  edit(table, "batch", "cronjobs", [](ResourceRules& rules) {
    rules.default_object = default_cron_job;
    rules.validate_create = validate_cron_job;
    rules.validate_update = validate_cron_job_update;
  });
}

}  // namespace thole::api::kinds
