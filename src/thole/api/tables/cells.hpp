#pragma once
// What the printers share: cells of each type, and the words for ages, labels and selectors.
// Absent cells are null. Source: k8s.io/kubernetes/pkg/printers/internalversion and
// k8s.io/apimachinery/pkg/util/duration. Threads: any.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thole/api/tables/table.hpp"
#include "thole/base/clock.hpp"

namespace thole::api {

// The printer of one resource; each group has a list of them.
struct NamedPrinter {
  std::string_view resource;
  RowPrinter row = nullptr;
};

std::span<const NamedPrinter> core_printers();
std::span<const NamedPrinter> apps_printers();
std::span<const NamedPrinter> batch_printers();
std::span<const NamedPrinter> networking_printers();
std::span<const NamedPrinter> discovery_printers();
std::span<const NamedPrinter> rbac_printers();
std::span<const NamedPrinter> storage_printers();
std::span<const NamedPrinter> autoscaling_printers();
// Of the small groups.
std::span<const NamedPrinter> other_printers(std::string_view group);

void print_pod(RowContext& row, codec::Value pod);
void print_event(RowContext& row, codec::Value event);

void add_text(RowContext& row, std::string_view text);
void add_number(RowContext& row, std::int64_t number);
void add_bool(RowContext& row, bool value);
void add_name(RowContext& row, codec::Value object);
void add_age(RowContext& row, codec::Value object);
void add_null(RowContext& row);
// Two cells: the names of containers, and their images.
void add_containers(RowContext& row, codec::Value containers);

// "3d4h": two or three figures; "<invalid>" for what lies in the future.
std::string human_duration(Duration duration);
// How long ago a timestamp was; "<unknown>" where there is none.
std::string since(const RowContext& row, codec::Value timestamp);

// "a=b,c=d", or "<none>".
std::string format_labels(codec::Value labels);
// A metav1.LabelSelector in its text form; empty when it selects everything.
std::string selector_text(codec::Value selector);
// The same with "<none>" for the empty one.
std::string format_selector(codec::Value selector);
// A quantity as upstream writes it; "0" where there is none.
std::string quantity_text(codec::Value quantity);
// An integer or a string, as intstr.IntOrString.
std::string scalar_text(codec::Value value);

std::string_view text_or(codec::Value value, std::string_view fallback);
std::string_view not_empty(std::string_view text, std::string_view fallback);
std::string lower_case(std::string_view text);
std::string join_texts(const std::vector<std::string>& texts, std::string_view separator);
// "a,b,c + 2 more...", or "<unset>".
std::string list_with_more(std::vector<std::string> list, std::size_t max);
bool is_terminating(codec::Value object);
// The condition of that type; null when there is none.
codec::Value find_condition(codec::Value object, std::string_view type);

}  // namespace thole::api
