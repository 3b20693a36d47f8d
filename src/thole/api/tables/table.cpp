#include "thole/api/tables/table.hpp"

#include "thole/api/stored.hpp"
#include "thole/api/tables/cells.hpp"
#include "thole/api/tables/crd_columns.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

namespace {

void write_column(const TableColumn& column, std::string& out) {
  out += "{\"name\":";
  codec::write_json_string(column.name, out);
  out += ",\"type\":";
  codec::write_json_string(column.type, out);
  out += ",\"format\":";
  codec::write_json_string(column.format, out);
  out += ",\"description\":";
  codec::write_json_string(column.description, out);
  out += cat(",\"priority\":", column.priority, "}");
}

std::vector<TableColumn> default_columns() {
  return {{"Name", "string", "name", "Name must be unique within a namespace.", 0},
          {"Created At", "date", "", "CreationTimestamp of the object.", 0}};
}

void default_row(RowContext& row, codec::Value object) {
  const codec::Value metadata = object.get("metadata");
  row.cells.push_back(row.arena, metadata.get("name"));
  row.cells.push_back(row.arena, metadata.get("creationTimestamp"));
}

// Whether the columns say themselves where their cells are: those of custom resources do.
bool has_paths(const schema::Resource& resource) {
  return !resource.columns.empty() && !resource.columns.front().json_path.empty();
}

// CustomResourceDefinitions are printed by a server of their own upstream.
std::vector<TableColumn> definition_columns() {
  std::vector<TableColumn> columns = default_columns();
  columns.insert(columns.begin() + 1, {{"Scope", "string", "", "Cluster/Namespaced", 0},
                                       {"Versions", "string", "", "Served versions", 0}});
  columns.push_back({"Group", "string", "", "API group", 1});
  columns.push_back({"Kind", "string", "", "CustomResource kind", 1});
  columns.push_back({"ShortNames", "string", "", "Short names", 1});
  columns.push_back({"Established", "boolean", "", "Established status", 1});
  return columns;
}

std::vector<TableColumn> catalog_columns(const schema::Resource& resource) {
  if (resource.group == "apiextensions.k8s.io") return definition_columns();
  std::vector<TableColumn> columns;
  for (const schema::Column& column : resource.columns) {
    columns.push_back({std::string(column.name), std::string(column.type),
                       std::string(column.format), std::string(column.description),
                       column.priority});
  }
  return columns;
}

// A built-in kind that no printer knows: what every object has, and nothing for the rest.
void plain_row(RowContext& row, const schema::Resource& resource, codec::Value object) {
  for (const schema::Column& column : resource.columns) {
    if (column.name == "Name") {
      add_name(row, object);
    } else if (column.name == "Age") {
      add_age(row, object);
    } else if (column.name == "Created At") {
      row.cells.push_back(row.arena, object.at_path("metadata", "creationTimestamp"));
    } else {
      add_null(row);
    }
  }
}

}  // namespace

TableWriter::TableWriter(const schema::Resource& resource, std::string_view version,
                         Columns columns, WallTime now)
    : resource_(resource),
      version_(version),
      columns_(columns),
      now_(now),
      printer_(find_printer(resource.group, resource.plural)) {}

void TableWriter::set_continue(std::string token, std::int64_t remaining) {
  continue_ = std::move(token);
  remaining_ = remaining;
}

void TableWriter::add(std::string_view, const store::Value& value, store::Revision revision) {
  codec::Arena arena;
  const codec::Value object = decode_stored(resource_, value, revision, arena);
  RowContext row{arena, codec::Value::array(arena), now_};
  if (printer_ != nullptr) {
    printer_(row, object);
  } else if (has_paths(resource_)) {
    crd_row(row, resource_, object);
  } else if (!resource_.columns.empty()) {
    plain_row(row, resource_, object);
  } else {
    default_row(row, object);
  }
  if (!rows_.empty()) rows_ += ',';
  rows_ += "{\"cells\":";
  codec::write_json(row.cells, rows_);
  if (include_ == "Object") {
    rows_ += ",\"object\":";
    emit(value, object_head(resource_), revision, rows_);
  } else if (include_ != "None") {
    rows_ += ",\"object\":";
    emit_metadata(
        value,
        cat("\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/", version_, "\","),
        revision, rows_);
  }
  rows_ += '}';
}

void TableWriter::add_bare(std::string_view object_json) {
  if (!rows_.empty()) rows_ += ',';
  rows_ += cat("{\"cells\":[],\"object\":", object_json, "}");
}

void TableWriter::finish(std::string& out) const {
  out += cat("{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/", version_,
             "\",\"metadata\":{\"resourceVersion\":\"", revision_, "\"");
  if (!continue_.empty()) out += cat(",\"continue\":\"", continue_, "\"");
  if (remaining_ >= 0) out += cat(",\"remainingItemCount\":", remaining_);
  out += "},\"columnDefinitions\":";
  if (columns_ == Columns::None) {
    out += "null";
  } else {
    const std::vector<TableColumn> columns = has_paths(resource_) ? crd_columns(resource_)
                                             : !resource_.columns.empty()
                                                 ? catalog_columns(resource_)
                                                 : default_columns();
    out += '[';
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i != 0) out += ',';
      write_column(columns[i], out);
    }
    out += ']';
  }
  out += cat(",\"rows\":[", rows_, "]}");
}

}  // namespace thole::api
