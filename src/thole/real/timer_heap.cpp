#include "thole/real/timer_heap.hpp"

#include <utility>

namespace thole::real {

class TimerHeap::Entry final : public Timer {
 public:
  Entry(TimerHeap& heap, TimePoint when, std::uint64_t order, Task task)
      : heap_(&heap), when_(when), order_(order), task_(std::move(task)) {}
  ~Entry() override {
    if (heap_ != nullptr) heap_->remove(position_);
  }

 private:
  friend class TimerHeap;
  TimerHeap* heap_;  // Null once it is out of the heap.
  std::size_t position_ = 0;
  TimePoint when_;
  std::uint64_t order_;
  Task task_;
};

TimerHeap::~TimerHeap() {
  // Tasks may own timers of this heap: they are destroyed after it is empty.
  std::vector<Task> dropped;
  take_all(dropped);
}

std::unique_ptr<Timer> TimerHeap::add(TimePoint when, Task task) {
  auto entry = std::make_unique<Entry>(*this, when, added_++, std::move(task));
  heap_.push_back(nullptr);
  put(heap_.size() - 1, entry.get());
  rise(heap_.size() - 1);
  return entry;
}

std::optional<TimePoint> TimerHeap::next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front()->when_;
}

void TimerHeap::take_due(TimePoint now, std::vector<Task>& tasks) {
  while (!heap_.empty() && heap_.front()->when_ <= now) {
    Entry* due = heap_.front();
    remove(0);
    tasks.push_back(std::move(due->task_));
  }
}

bool TimerHeap::before(const Entry& a, const Entry& b) const {
  return a.when_ != b.when_ ? a.when_ < b.when_ : a.order_ < b.order_;
}

void TimerHeap::put(std::size_t position, Entry* entry) {
  heap_[position] = entry;
  entry->position_ = position;
}

void TimerHeap::rise(std::size_t position) {
  Entry* rising = heap_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (!before(*rising, *heap_[parent])) break;
    put(position, heap_[parent]);
    position = parent;
  }
  put(position, rising);
}

void TimerHeap::sink(std::size_t position) {
  Entry* sinking = heap_[position];
  for (;;) {
    std::size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
    if (!before(*heap_[child], *sinking)) break;
    put(position, heap_[child]);
    position = child;
  }
  put(position, sinking);
}

void TimerHeap::remove(std::size_t position) {
  THOLE_ASSERT(position < heap_.size());
  heap_[position]->heap_ = nullptr;
  Entry* last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  put(position, last);
  sink(position);
  rise(last->position_);
}

}  // namespace thole::real
