#include "thole/lab/table.hpp"

#include <algorithm>
#include <string_view>

namespace thole::lab {

namespace {

std::string quoted(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += "\\u00";
      result += hex[c >> 4 & 15];
      result += hex[c & 15];
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace

void Table::write(std::ostream& out, Format format) const {
  if (format == Format::Json) {
    out << "[";
    for (std::size_t r = 1; r < rows_.size(); ++r) {
      out << (r == 1 ? "\n  {" : ",\n  {");
      for (std::size_t c = 0; c < rows_[r].size(); ++c) {
        out << (c == 0 ? "" : ", ") << quoted(rows_[0][c]) << ": " << quoted(rows_[r][c]);
      }
      out << "}";
    }
    out << "\n]\n";
    return;
  }
  std::vector<std::size_t> widths(rows_[0].size());
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      out << row[c];
      if (c + 1 < row.size()) out << std::string(widths[c] - row[c].size() + 2, ' ');
    }
    out << '\n';
  }
}

}  // namespace thole::lab
