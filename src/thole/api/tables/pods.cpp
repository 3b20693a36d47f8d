#include "thole/api/tables/cells.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/time.hpp"

namespace thole::api {

namespace {

using codec::Value;

// How often containers were restarted, and when the last of them ended before that.
struct Restarts {
  std::int64_t count = 0;
  codec::Timestamp last = codec::zero_time;
  Value last_text;

  void add(Value status) {
    count += status.int_or("restartCount", 0);
    const Value finished = status.at_path("lastState", "terminated", "finishedAt");
    if (!finished.is_string()) return;
    const auto time = codec::parse_time(finished.as_string());
    if (time && *time > last) {
      last = *time;
      last_text = finished;
    }
  }
};

bool is_restartable(Value pod, std::string_view init_container) {
  for (const Value& container : pod.at_path("spec", "initContainers").elements()) {
    if (container.string_or("name") == init_container) {
      return container.string_or("restartPolicy") == "Always";
    }
  }
  return false;
}

std::string ended_reason(Value terminated) {
  const std::string_view reason = terminated.string_or("reason");
  if (!reason.empty()) return std::string(reason);
  const std::int64_t signal = terminated.int_or("signal", 0);
  if (signal != 0) return cat("Signal:", signal);
  return cat("ExitCode:", terminated.int_or("exitCode", 0));
}

class PodSummary {
 public:
  explicit PodSummary(Value pod) : pod_(pod), status_(pod.get("status")) {
    reason_ = not_empty(status_.string_or("reason"), status_.string_or("phase"));
    for (const Value& condition : status_.get("conditions").elements()) {
      if (condition.string_or("type") == "PodScheduled" &&
          condition.string_or("reason") == "SchedulingGated") {
        reason_ = "SchedulingGated";
      }
    }
    total_ = static_cast<std::int64_t>(pod.at_path("spec", "containers").size());
    for (const Value& container : pod.at_path("spec", "initContainers").elements()) {
      if (container.string_or("restartPolicy") == "Always") ++total_;
    }
    const bool initializing = read_init_containers();
    if (!initializing || find_condition(pod, "Initialized").string_or("status") == "True") {
      read_containers();
    }
    read_deletion();
  }

  std::string ready() const { return cat(ready_, "/", total_); }
  const std::string& reason() const { return reason_; }
  std::string restarts(const RowContext& row) const {
    if (restarts_.count == 0 || restarts_.last_text.is_null()) return cat(restarts_.count);
    return cat(restarts_.count, " (", since(row, restarts_.last_text), " ago)");
  }

 private:
  // Whether one of them keeps the others waiting.
  bool read_init_containers() {
    std::size_t index = 0;
    for (const Value& container : status_.get("initContainerStatuses").elements()) {
      const bool restartable = is_restartable(pod_, container.string_or("name"));
      restarts_.add(container);
      if (restartable) sidecar_restarts_.add(container);
      const Value terminated = container.at_path("state", "terminated");
      const std::string_view waiting = container.at_path("state", "waiting").string_or("reason");
      const std::size_t at = index++;
      if (!terminated.is_null() && terminated.int_or("exitCode", 0) == 0) continue;
      if (restartable && container.bool_or("started", false)) {
        if (container.bool_or("ready", false)) ++ready_;
        continue;
      }
      if (!terminated.is_null()) {
        reason_ = cat("Init:", ended_reason(terminated));
      } else if (!waiting.empty() && waiting != "PodInitializing") {
        reason_ = cat("Init:", waiting);
      } else {
        reason_ = cat("Init:", at, "/", pod_.at_path("spec", "initContainers").size());
      }
      return true;
    }
    return false;
  }

  void read_containers() {
    restarts_ = sidecar_restarts_;
    bool running = false;
    std::string error;
    const auto containers = status_.get("containerStatuses").elements();
    for (std::size_t i = containers.size(); i-- > 0;) {
      const Value container = containers[i];
      restarts_.add(container);
      const Value state = container.get("state");
      const Value terminated = state.get("terminated");
      const std::string_view waiting = state.get("waiting").string_or("reason");
      if (!waiting.empty()) {
        reason_ = waiting;
      } else if (!terminated.is_null()) {
        reason_ = ended_reason(terminated);
        if (terminated.int_or("exitCode", 0) != 0) error = reason_;
      } else if (container.bool_or("ready", false) && !state.get("running").is_null()) {
        running = true;
        ++ready_;
      }
    }
    if (reason_ != "Completed") return;
    // One container has ended; the pod as a whole may well go on.
    if (running && find_condition(pod_, "Ready").string_or("status") == "True") {
      reason_ = "Running";
    } else if (!error.empty()) {
      reason_ = error;
    } else if (running) {
      reason_ = "NotReady";
    }
  }

  void read_deletion() {
    if (!is_terminating(pod_)) return;
    const std::string_view phase = status_.string_or("phase");
    if (status_.string_or("reason") == "NodeLost") {
      reason_ = "Unknown";
    } else if (phase != "Failed" && phase != "Succeeded") {
      reason_ = "Terminating";
    }
  }

  Value pod_;
  Value status_;
  std::string reason_;
  std::int64_t ready_ = 0;
  std::int64_t total_ = 0;
  Restarts restarts_;
  Restarts sidecar_restarts_;
};

std::string readiness_gates(Value pod) {
  const auto gates = pod.at_path("spec", "readinessGates").elements();
  if (gates.empty()) return "<none>";
  int passed = 0;
  for (const Value& gate : gates) {
    const Value condition = find_condition(pod, gate.string_or("conditionType"));
    if (condition.string_or("status") == "True") ++passed;
  }
  return cat(passed, "/", gates.size());
}

}  // namespace

void print_pod(RowContext& row, Value pod) {
  const PodSummary summary(pod);
  const Value status = pod.get("status");
  const auto ips = status.get("podIPs").elements();
  add_name(row, pod);
  add_text(row, summary.ready());
  add_text(row, summary.reason());
  add_text(row, summary.restarts(row));
  add_age(row, pod);
  add_text(row, not_empty(ips.empty() ? "" : ips.front().string_or("ip"), "<none>"));
  add_text(row, not_empty(pod.get("spec").string_or("nodeName"), "<none>"));
  add_text(row, not_empty(status.string_or("nominatedNodeName"), "<none>"));
  add_text(row, readiness_gates(pod));
}

}  // namespace thole::api
