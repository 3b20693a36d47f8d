#include "thole/lab/lab.hpp"

#include <charconv>
#include <ostream>

namespace thole::lab {

int lab_main(const std::vector<std::string>& args, std::ostream& out, std::ostream& err) {
  const auto misused = [&](const std::string& why) {
    err << "thole lab: " << why << "; try: thole lab litmus|aba|membarrier|preempt [-o json]\n";
    return 2;
  };
  if (args.empty()) return misused("which experiment?");
  Request request;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const std::string& arg = args[i];
    const bool last = i + 1 == args.size();
    if (arg == "-o") {
      if (last || (args[i + 1] != "json" && args[i + 1] != "table")) {
        return misused("-o takes json or table");
      }
      request.format = args[++i] == "json" ? Format::Json : Format::Table;
    } else if (arg == "-n") {
      const std::string number = last ? "" : args[++i];
      const auto [end, error] =
          std::from_chars(number.data(), number.data() + number.size(), request.count);
      if (error != std::errc() || end != number.data() + number.size() || request.count == 0 ||
          request.count > 1'000'000'000) {
        return misused("-n takes a count up to 1000000000");
      }
    } else if (arg.starts_with("-") || !request.test.empty()) {
      return misused("what is " + arg + "?");
    } else {
      request.test = arg;
    }
  }
  if (args[0] == "litmus") return show_litmus(request, out, err);
  if (!request.test.empty()) return misused("what is " + request.test + "?");
  if (args[0] == "aba") return show_aba(request, out);
  if (args[0] == "membarrier") return show_membarrier(request, out);
  if (args[0] == "preempt") return show_preempt(request, out);
  return misused("there is no experiment " + args[0]);
}

}  // namespace thole::lab
