#pragma once
// The columns a CRD states itself (additionalPrinterColumns), read by JSONPath. Threads: any.

#include <vector>

#include "thole/api/tables/table.hpp"

namespace thole::api {

std::vector<TableColumn> crd_columns(const schema::Resource& resource);
void crd_row(RowContext& row, const schema::Resource& resource, codec::Value object);

// What `path` finds: the simple form that CRDs use, `.spec.items[0].name`, `[*]`, `['a.b']` and
// `[?(@.type=="Ready")]`. Several results come as an array of `many`.
std::vector<codec::Value> find_json_path(codec::Value object, std::string_view path);

}  // namespace thole::api
