#include "thole/store/history.hpp"

#include <algorithm>

#include "thole/base/result.hpp"

namespace thole::store {
namespace {

std::uint64_t cost_of(const std::vector<ChangePtr>& changes) {
  std::uint64_t cost = sizeof(LogNode);
  for (const ChangePtr& change : changes) cost += change->footprint() + sizeof(ChangePtr);
  return cost;
}

}  // namespace

LogNode::LogNode(Revision last_, std::vector<ChangePtr> changes_, TimePoint time_)
    : last(last_), time(time_), changes(std::move(changes_)), cost(cost_of(changes)) {}

Ref<LogNode> Published::node_for(Revision revision) const {
  const auto after =
      std::upper_bound(marks->all.begin(), marks->all.end(), revision,
                       [](Revision wanted, const Mark& mark) { return wanted < mark.revision; });
  return after == marks->all.begin() ? anchor : std::prev(after)->node;
}

RootRef Published::root_at(Revision revision, const Ref<Reclaimer>& reclaimer) const {
  const auto at =
      std::lower_bound(marks->all.begin(), marks->all.end(), revision,
                       [](const Mark& mark, Revision wanted) { return mark.revision < wanted; });
  const RootRef& later = at == marks->all.end() ? root : at->root;
  if (later->revision == revision) return later;

  std::vector<ChangePtr> undone;
  for (Ref<LogNode> node = node_for(revision); node->last < later->revision;) {
    node = node->next.load();
    if (!node) return nullptr;  // Cut off meanwhile.
    for (const ChangePtr& change : node->changes) {
      if (change->revision() > revision) undone.push_back(change);
    }
  }
  const Ref<Root> past = later->copy(reclaimer);
  past->revision = revision;
  for (auto change = undone.rbegin(); change != undone.rend(); ++change) {
    const Change& one = **change;
    if (one.before()) {
      past->put(one.resource(), one.name(), one.before(), revision);
    } else {
      past->erase(one.resource(), one.name(), revision);
    }
  }
  return past;
}

History::History(HistoryBounds bounds, RootRef root, TimePoint now)
    : bounds_(bounds),
      root_(std::move(root)),
      anchor_(Ref<LogNode>::adopt(new LogNode(root_->revision, {}, now))),
      tail_(anchor_),
      marks_(Ref<Marks>::adopt(new Marks)),
      marked_(root_->revision) {}

History::~History() {
  // One by one: a chain that frees itself from its head would recurse as deep as it is long.
  while (!empty()) {
    anchor_->cut.store(true, std::memory_order_release);
    anchor_ = anchor_->next.exchange(nullptr);
  }
}

void History::append(RootRef root, std::vector<ChangePtr> changes, TimePoint now) {
  THOLE_ASSERT(root->revision > root_->revision);
  root_ = std::move(root);
  changes_ += changes.size();
  changes_since_mark_ += changes.size();
  const auto node = Ref<LogNode>::adopt(new LogNode(root_->revision, std::move(changes), now));
  tail_->next.store(node);
  tail_ = node;

  if (changes_since_mark_ >= kChangesPerMark) {
    node->cost += root_->node_bytes_since(marked_);
    auto marks = Ref<Marks>::adopt(new Marks);
    marks->all = marks_->all;
    marks->all.push_back({root_->revision, node, root_});
    marks_ = std::move(marks);
    marked_ = root_->revision;
    changes_since_mark_ = 0;
  }
  bytes_ += node->cost;
}

bool History::trim(TimePoint now) {
  std::size_t freed = 0;
  while (!empty()) {
    Ref<LogNode> next = anchor_->next.load();
    const bool over =
        next->time + bounds_.time <= now || changes_ > bounds_.changes || bytes_ > bounds_.bytes;
    if (!over) break;
    if (freed >= kChangesPerTrim) {
      drop_old_marks();
      return true;
    }
    freed += next->changes.size() + 1;
    changes_ -= next->changes.size();
    bytes_ -= next->cost;
    // A reader that finds `next` gone reads `cut` afterwards, and so sees it set.
    anchor_->cut.store(true, std::memory_order_release);
    anchor_->next.store(nullptr);
    anchor_ = std::move(next);
  }
  drop_old_marks();
  return false;
}

void History::drop_old_marks() {
  if (marks_->all.empty() || marks_->all.front().revision > oldest()) return;
  auto marks = Ref<Marks>::adopt(new Marks);
  for (const Mark& mark : marks_->all) {
    if (mark.revision > oldest()) marks->all.push_back(mark);
  }
  marks_ = std::move(marks);
}

TimePoint History::expiry() const {
  THOLE_ASSERT(!empty());
  return anchor_->next.load()->time + bounds_.time;
}

Ref<Published> History::publish() const {
  auto published = Ref<Published>::adopt(new Published);
  published->root = root_;
  published->oldest = oldest();
  published->anchor = anchor_;
  published->marks = marks_;
  return published;
}

}  // namespace thole::store
