#pragma once
// `thole lab`: what the hardware and the memory model behind sync do, shown on this machine. Each
// experiment explains itself in three lines, and then shows it.
//
// Threads: it starts its own, through `real`, and ends them before it returns.

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace thole::lab {

// `args` begins with the experiment: litmus [TEST], aba, membarrier, preempt, and may hold
// "-o json" and "-n COUNT". Returns the exit status: 0 ok, 1 failed, 2 misused.
int lab_main(const std::vector<std::string>& args, std::ostream& out, std::ostream& err);

enum class Format : std::uint8_t { Table, Json };

struct Request {
  Format format = Format::Table;
  std::uint64_t count = 1'000'000;
  std::string test;
};

int show_litmus(const Request& request, std::ostream& out, std::ostream& err);
int show_aba(const Request& request, std::ostream& out);
int show_membarrier(const Request& request, std::ostream& out);
int show_preempt(const Request& request, std::ostream& out);

}  // namespace thole::lab
