#include "thole/message/message.hpp"

#include <algorithm>

namespace thole::message {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

void Headers::add(std::string name, std::string value) {
  fields_.push_back({std::move(name), std::move(value)});
}

void Headers::set(std::string name, std::string value) {
  std::erase_if(fields_, [&](const Field& field) { return same_name(field.name, name); });
  add(std::move(name), std::move(value));
}

std::string_view Headers::get(std::string_view name) const {
  for (const Field& field : fields_) {
    if (same_name(field.name, name)) return field.value;
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  return std::ranges::any_of(fields_,
                             [&](const Field& field) { return same_name(field.name, name); });
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Field& field : fields_) {
    if (same_name(field.name, name)) values.push_back(field.value);
  }
  return values;
}

void Cancellation::fire() {
  if (fired_) return;
  fired_ = true;
  if (Task task = std::move(task_)) task();
}

void Cancellation::on_fire(Task task) {
  if (fired_ && task) {
    task();
    return;
  }
  task_ = std::move(task);
}

}  // namespace thole::message
