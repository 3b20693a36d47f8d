#pragma once
// Rows with a heading, written as an aligned table or as a JSON array of objects.

#include <ostream>
#include <string>
#include <vector>

#include "thole/lab/lab.hpp"

namespace thole::lab {

class Table {
 public:
  explicit Table(std::vector<std::string> heading) : rows_{std::move(heading)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void write(std::ostream& out, Format format) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace thole::lab
