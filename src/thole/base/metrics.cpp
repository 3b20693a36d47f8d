#include "thole/base/metrics.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>
#include <variant>

#include "thole/base/result.hpp"
#include "thole/base/text.hpp"

namespace thole {
namespace {

constexpr std::size_t kMemberCountMax = 10'000;

std::string text_of(double value) {
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (std::isnan(value)) return "NaN";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

// Escapes a label value, or a help text when `quotes` is false.
std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

struct Labels {
  const std::vector<std::string>& names;
  const std::vector<std::string>& values;

  // `{code="200",le="0.5"}`, or nothing when there are no labels.
  std::string show(std::string_view le = {}) const {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
      out += cat(out.empty() ? "{" : ",", names[i], "=\"", escaped(values[i], true), "\"");
    }
    if (!le.empty()) out += cat(out.empty() ? "{" : ",", "le=\"", le, "\"");
    if (!out.empty()) out += "}";
    return out;
  }
};

void show(std::string& out, const std::string& name, const Labels& labels, const Counter& counter) {
  out += cat(name, labels.show(), " ", counter.value(), "\n");
}

void show(std::string& out, const std::string& name, const Labels& labels, const Gauge& gauge) {
  out += cat(name, labels.show(), " ", gauge.value(), "\n");
}

void show(std::string& out, const std::string& name, const Labels& labels,
          const Histogram& histogram) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) {
    below += histogram.in_bucket(i);
    const std::string le =
        i < histogram.bounds().size() ? text_of(histogram.bounds()[i]) : std::string("+Inf");
    out += cat(name, "_bucket", labels.show(le), " ", below, "\n");
  }
  out += cat(name, "_sum", labels.show(), " ", text_of(histogram.sum()), "\n");
  out += cat(name, "_count", labels.show(), " ", below, "\n");
}

std::string_view type_of(const Metrics::Family<Counter>&) { return "counter"; }
std::string_view type_of(const Metrics::Family<Gauge>&) { return "gauge"; }
std::string_view type_of(const Metrics::Family<Histogram>&) { return "histogram"; }
std::string_view type_of(const std::function<double()>&) { return "gauge"; }

}  // namespace

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()), buckets_(bounds.size() + 1) {
  THOLE_ASSERT(std::ranges::is_sorted(bounds_));
}

void Histogram::observe(double value) {
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t count = 0;
  for (const auto& bucket : buckets_) count += bucket.load(std::memory_order_relaxed);
  return count;
}

struct Metrics::Entry {
  std::string help;
  std::vector<std::string> labels;
  std::variant<std::monostate, Family<Counter>, Family<Gauge>, Family<Histogram>,
               std::function<double()>>
      kind;
};

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

template <typename T>
T& Metrics::Family<T>::with(std::span<const std::string_view> values) {
  THOLE_ASSERT(values.size() == label_count_);
  std::vector<std::string> key(values.begin(), values.end());
  const std::lock_guard lock(mutex_);
  auto it = members_.find(key);
  if (it == members_.end()) {
    if (members_.size() >= kMemberCountMax) key.assign(label_count_, "other");
    it = members_.try_emplace(std::move(key)).first;
    if (!it->second) it->second = make_();
  }
  return *it->second;
}

template class Metrics::Family<Counter>;
template class Metrics::Family<Gauge>;
template class Metrics::Family<Histogram>;

template <typename T>
Metrics::Family<T>& Metrics::family(std::string_view name, std::string_view help,
                                    std::vector<std::string> labels,
                                    std::function<std::unique_ptr<T>()> make) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Entry>& entry = entries_[std::string(name)];
  if (!entry) {
    entry = std::make_unique<Entry>();
    entry->help = help;
    entry->labels = std::move(labels);
    auto& made = entry->kind.template emplace<Family<T>>();
    made.make_ = std::move(make);
    made.label_count_ = entry->labels.size();
    return made;
  }
  Family<T>* found = std::get_if<Family<T>>(&entry->kind);
  THOLE_ASSERT(found != nullptr && entry->labels == labels);  // One name, one meaning.
  return *found;
}

Metrics::Family<Counter>& Metrics::counters(std::string_view name, std::string_view help,
                                            std::vector<std::string> labels) {
  return family<Counter>(name, help, std::move(labels), std::make_unique<Counter>);
}

Metrics::Family<Gauge>& Metrics::gauges(std::string_view name, std::string_view help,
                                        std::vector<std::string> labels) {
  return family<Gauge>(name, help, std::move(labels), std::make_unique<Gauge>);
}

Metrics::Family<Histogram>& Metrics::histograms(std::string_view name, std::string_view help,
                                                std::vector<std::string> labels,
                                                std::vector<double> bounds) {
  return family<Histogram>(name, help, std::move(labels), [bounds = std::move(bounds)] {
    return std::make_unique<Histogram>(bounds);
  });
}

Counter& Metrics::counter(std::string_view name, std::string_view help) {
  return counters(name, help, {}).with({});
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help) {
  return gauges(name, help, {}).with({});
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              std::vector<double> bounds) {
  return histograms(name, help, {}, std::move(bounds)).with({});
}

void Metrics::gauge_from(std::string_view name, std::string_view help,
                         std::function<double()> read) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Entry>& entry = entries_[std::string(name)];
  THOLE_ASSERT(!entry);
  entry = std::make_unique<Entry>();
  entry->help = help;
  entry->kind = std::move(read);
}

std::string Metrics::render() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  const auto show_entry = [&]<typename Kind>(const std::string& name, const Entry& entry,
                                             Kind& kind) {
    if constexpr (!std::is_same_v<Kind, std::monostate>) {
      out += cat("# HELP ", name, " ", escaped(entry.help, false), "\n");
      out += cat("# TYPE ", name, " ", type_of(kind), "\n");
      if constexpr (std::is_same_v<Kind, std::function<double()>>) {
        out += cat(name, " ", text_of(kind()), "\n");
      } else {
        const std::lock_guard member_lock(kind.mutex_);
        for (const auto& [values, member] : kind.members_) {
          show(out, name, {entry.labels, values}, *member);
        }
      }
    }
  };
  for (const auto& [name, entry] : entries_) {
    std::visit([&](auto& kind) { show_entry(name, *entry, kind); }, entry->kind);
  }
  return out;
}

}  // namespace thole
