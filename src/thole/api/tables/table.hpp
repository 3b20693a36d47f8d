#pragma once
// metav1.Table: what `kubectl get` shows. A printer computes the cells of a kind; the writer puts
// rows together. Source: k8s.io/kubernetes/pkg/printers/internalversion. Threads: any.

#include <string>
#include <string_view>
#include <vector>

#include "thole/base/clock.hpp"
#include "thole/codec/value.hpp"
#include "thole/schema/type.hpp"
#include "thole/store/value.hpp"

namespace thole::api {

struct TableColumn {
  std::string name;
  std::string type = "string";
  std::string format;
  std::string description;
  int priority = 0;
};

// What one row needs beside its object.
struct RowContext {
  codec::Arena& arena;
  codec::Value cells;  // An array to append to.
  WallTime now;        // What ages are counted to.
};

// Fills the cells of one object, those for `-o wide` too: the client chooses.
using RowPrinter = void (*)(RowContext& row, codec::Value object);

// The printer of a built-in kind, or null. Its cells are those of the catalog's columns.
RowPrinter find_printer(std::string_view group, std::string_view resource);

enum class Columns { All, None };

class TableWriter {
 public:
  TableWriter(const schema::Resource& resource, std::string_view version, Columns columns,
              WallTime now);

  void set_revision(store::Revision revision) { revision_ = revision; }
  void set_continue(std::string token, std::int64_t remaining);
  // "Metadata" (the default), "Object" or "None": what each row carries along.
  void set_include(std::string_view include) { include_ = include; }

  void add(std::string_view name, const store::Value& value, store::Revision revision);
  void add_bare(std::string_view object_json);  // A row with an object and no cells.
  // Appends the whole Table.
  void finish(std::string& out) const;

 private:
  const schema::Resource& resource_;
  const std::string_view version_;
  const Columns columns_;
  const WallTime now_;
  const RowPrinter printer_;
  store::Revision revision_ = 0;
  std::string continue_;
  std::int64_t remaining_ = -1;
  std::string include_ = "Metadata";
  std::string rows_;
};

}  // namespace thole::api
