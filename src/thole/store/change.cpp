#include "thole/store/change.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "thole/base/result.hpp"
#include "thole/store/history.hpp"

namespace thole::store {

Change::Change(Revision revision, std::string_view resource, std::string_view name, ValuePtr before,
               ValuePtr after)
    : revision_(revision),
      resource_size_(static_cast<std::uint32_t>(resource.size())),
      name_size_(static_cast<std::uint32_t>(name.size())),
      before_(std::move(before)),
      after_(std::move(after)) {
  char* text = reinterpret_cast<char*>(this + 1);
  std::copy(resource.begin(), resource.end(), text);
  std::copy(name.begin(), name.end(), text + resource.size());
}

Change::~Change() {
  const Attachment* at = attachments_.load(std::memory_order_relaxed);
  while (at) delete std::exchange(at, at->next_);
}

ChangePtr Change::make(Revision revision, std::string_view resource, std::string_view name,
                       ValuePtr before, ValuePtr after) {
  void* block = ::operator new(sizeof(Change) + resource.size() + name.size());
  return ChangePtr::adopt(
      new (block) Change(revision, resource, name, std::move(before), std::move(after)));
}

void Change::destroy(Change* change) {
  change->~Change();
  ::operator delete(change);
}

const Attachment& Change::attach(std::unique_ptr<Attachment> attachment) const {
  Attachment* const mine = attachment.release();
  mine->next_ = attachments_.load(std::memory_order_relaxed);
  // Release pairs with the acquire in `find`.
  while (!attachments_.compare_exchange_weak(mine->next_, mine, std::memory_order_release,
                                             std::memory_order_relaxed)) {
  }
  return *mine;
}

std::size_t Change::footprint() const {
  // The value after it is the next change's value before, or the state's.
  return sizeof(Change) + resource_size_ + name_size_ + (before_ ? before_->footprint() : 0);
}

LogReader::LogReader(Ref<LogNode> node, Revision after)
    : node_(std::move(node)), after_(after), position_(after) {}
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader& LogReader::operator=(LogReader&&) noexcept = default;
LogReader::~LogReader() = default;

LogReader::Step LogReader::next() {
  for (;;) {
    const auto& changes = node_->changes;
    if (index_ < changes.size()) {
      change_ = changes[index_++];
      // A Txn is only behind us with its last change.
      const bool more =
          index_ < changes.size() && changes[index_]->revision() == change_->revision();
      if (!more) position_ = std::max(position_, change_->revision());
      if (change_->revision() <= after_) continue;
      return Step::Change;
    }
    position_ = std::max(position_, node_->last);
    Ref<LogNode> next = node_->next.load();
    if (!next) {
      change_ = nullptr;
      // Pairs with the release in History::trim, which sets it before `next` is taken away.
      return node_->cut.load(std::memory_order_acquire) ? Step::Overrun : Step::Nothing;
    }
    node_ = std::move(next);
    index_ = 0;
  }
}

}  // namespace thole::store
