#pragma once
// Metrics counts what a program does and shows it in the Prometheus text format
// (https://prometheus.io/docs/instrumenting/exposition_formats/).
//
// Threads: any. Changing a Counter, Gauge or Histogram takes no lock; finding one by its labels
// does, so hot code finds it once and keeps the reference, which stays good as long as the Metrics.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thole {

class Counter {
 public:
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t count) { value_.fetch_add(count, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

class Histogram {
 public:
  // `bounds` are the upper bounds of the buckets, ascending, without the infinite one.
  explicit Histogram(std::span<const double> bounds);
  void observe(double value);

  std::uint64_t count() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }
  std::span<const double> bounds() const { return bounds_; }
  // How many values fell into the bucket `i` itself; the last one is the infinite bucket.
  std::uint64_t in_bucket(std::size_t i) const {
    return buckets_[i].load(std::memory_order_relaxed);
  }

 private:
  std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> buckets_;
  std::atomic<double> sum_ = 0;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // A name and its labels' names, declared once; the same declaration again is the same family.
  // A family has at most 10,000 members: what would be more is counted in one whose label values
  // are all "other", so that nobody outside can make memory grow.
  template <typename T>
  class Family {
   public:
    // The member with these label values, in the order of the labels' names. Made when new.
    T& with(std::span<const std::string_view> values);
    T& with(std::initializer_list<std::string_view> values) {
      return with(std::span<const std::string_view>(values.begin(), values.size()));
    }

   private:
    friend class Metrics;
    std::function<std::unique_ptr<T>()> make_;
    std::size_t label_count_ = 0;
    std::mutex mutex_;
    std::map<std::vector<std::string>, std::unique_ptr<T>> members_;
  };

  Family<Counter>& counters(std::string_view name, std::string_view help,
                            std::vector<std::string> labels);
  Family<Gauge>& gauges(std::string_view name, std::string_view help,
                        std::vector<std::string> labels);
  Family<Histogram>& histograms(std::string_view name, std::string_view help,
                                std::vector<std::string> labels, std::vector<double> bounds);

  // The same without labels.
  Counter& counter(std::string_view name, std::string_view help);
  Gauge& gauge(std::string_view name, std::string_view help);
  Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> bounds);

  // Called by `render` for a value that is known elsewhere, such as resident memory. Declared once.
  void gauge_from(std::string_view name, std::string_view help, std::function<double()> read);

  // Everything, families in the order of their names, members in the order of their label values.
  std::string render() const;

 private:
  struct Entry;
  template <typename T>
  Family<T>& family(std::string_view name, std::string_view help, std::vector<std::string> labels,
                    std::function<std::unique_ptr<T>()> make);

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;
};

}  // namespace thole
