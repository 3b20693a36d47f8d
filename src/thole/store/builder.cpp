#include "thole/store/builder.hpp"

#include <algorithm>

#include "thole/base/text.hpp"
#include "thole/store/store.hpp"

namespace thole::store {
namespace {

bool holds(const Expect& expect, const Value* present) {
  switch (expect.kind) {
    case Expect::Kind::Anything:
      return true;
    case Expect::Kind::Absent:
      return present == nullptr;
    case Expect::Kind::Present:
      return present != nullptr;
    case Expect::Kind::Revision:
      return present != nullptr && present->revision() == expect.revision;
  }
  return false;
}

std::string describe(const Expect& expect) {
  switch (expect.kind) {
    case Expect::Kind::Absent:
      return "is absent";
    case Expect::Kind::Present:
      return "is present";
    case Expect::Kind::Revision:
      return cat("is at revision ", expect.revision);
    case Expect::Kind::Anything:
      break;
  }
  return "is anything";
}

std::unexpected<Error> conflict(std::size_t index, const Op& op, const Value* present) {
  ErrorDetails details;
  details.name = op.key.name;
  details.causes.push_back({"",
                            present ? cat("found revision ", present->revision()) : "found nothing",
                            std::to_string(index)});
  return fail(ErrorKind::Conflict,
              cat("expected that ", op.key.resource, " ", op.key.name, " ", describe(op.expect)),
              std::move(details));
}

}  // namespace

Result<void> check_txn(const Txn& txn, const StoreOptions& options) {
  if (txn.size() > options.txn_ops_max) {
    return fail(ErrorKind::RequestEntityTooLarge,
                cat("a transaction may have at most ", options.txn_ops_max, " operations"));
  }
  std::size_t bytes = 0;
  for (const Op& op : txn) {
    bytes += op.key.name.size() + (op.value ? op.value->footprint() : 0);
    if (op.key.resource.empty() || op.key.resource.size() > options.resource_bytes_max ||
        op.key.name.empty() || op.key.name.size() > options.name_bytes_max) {
      return fail(ErrorKind::Invalid,
                  cat("a key needs a resource of 1 to ", options.resource_bytes_max,
                      " bytes and a name of 1 to ", options.name_bytes_max));
    }
    if ((op.action == Op::Action::Put) != static_cast<bool>(op.value)) {
      return fail(ErrorKind::Invalid, "a put has a value, and nothing else has");
    }
    if (op.value && op.value->footprint() > options.value_bytes_max) {
      return fail(ErrorKind::RequestEntityTooLarge,
                  cat("an object may take at most ", options.value_bytes_max, " bytes"));
    }
  }
  if (bytes > options.txn_bytes_max) {
    return fail(ErrorKind::RequestEntityTooLarge,
                cat("a transaction may take at most ", options.txn_bytes_max, " bytes"));
  }
  if (txn.size() < 2) return {};
  std::vector<const Key*> keys;
  keys.reserve(txn.size());
  for (const Op& op : txn) keys.push_back(&op.key);
  std::sort(keys.begin(), keys.end(), [](const Key* a, const Key* b) { return *a < *b; });
  const auto twice = std::adjacent_find(keys.begin(), keys.end(),
                                        [](const Key* a, const Key* b) { return *a == *b; });
  if (twice == keys.end()) return {};
  return fail(ErrorKind::Invalid,
              cat("a transaction names ", (*twice)->resource, " ", (*twice)->name, " twice"));
}

Builder::Builder(const Root& start, Ref<Reclaimer> reclaimer)
    : root_(start.copy(std::move(reclaimer))) {}

ValuePtr Builder::stamped(ValuePtr value, Revision revision) {
  // A value that is committed already, or that the writer still holds, must not change.
  if (value->revision() != 0 || !value->unique()) {
    return Value::make(value->bytes(), value->note(), revision);
  }
  const_cast<Value&>(*value).revision_ = revision;
  return value;
}

Result<Committed> Builder::apply(Txn txn) {
  Committed committed;
  committed.values.reserve(txn.size());
  bool changes = false;
  for (std::size_t i = 0; i < txn.size(); ++i) {
    const Op& op = txn[i];
    const Value* present = root_->find(op.key.resource, op.key.name);
    if (!holds(op.expect, present)) return conflict(i, op, present);
    changes |= op.action == Op::Action::Put || (op.action == Op::Action::Delete && present);
    committed.values.push_back(ValuePtr::share(present));
  }
  committed.revision = root_->revision;
  if (!changes) return committed;

  committed.revision = ++root_->revision;
  for (std::size_t i = 0; i < txn.size(); ++i) {
    Op& op = txn[i];
    const auto& [resource, name] = op.key;
    ValuePtr& present = committed.values[i];
    if (op.action == Op::Action::Put) {
      ValuePtr value = stamped(std::move(op.value), committed.revision);
      root_->put(resource, name, value, committed.revision);
      changes_.push_back(
          Change::make(committed.revision, resource, name, std::exchange(present, value), value));
    } else if (op.action == Op::Action::Delete && present) {
      root_->erase(resource, name, committed.revision);
      changes_.push_back(Change::make(committed.revision, resource, name, present, nullptr));
    }
  }
  return committed;
}

}  // namespace thole::store
