#include <cerrno>
#include <ostream>

#include "thole/base/text.hpp"
#include "thole/lab/table.hpp"
#include "thole/real/sync_probe.hpp"

namespace thole::lab {

int show_membarrier(const Request& request, std::ostream& out) {
  if (request.format == Format::Table) {
    out << "membarrier(2) makes every running thread of the process pass a full barrier, so that "
           "the\n"
           "side which runs often needs only a compiler barrier. Commands are single bits: 7 is "
           "none\n"
           "of them, and timing it times an error.\n\n";
  }
  const real::MembarrierFacts facts = real::membarrier_facts();
  Table table({"what", "alone", "1 sibling running"});
  const auto alone = real::barrier_costs(request.count, 0);
  const auto crowded = real::barrier_costs(request.count, 1);
  for (std::size_t i = 0; i < alone.size() && i < crowded.size(); ++i) {
    const auto text = [](double ns) {
      return cat(static_cast<std::uint64_t>(ns), ".", static_cast<std::uint64_t>(ns * 10) % 10,
                 " ns");
    };
    table.add({alone[i].name, text(alone[i].nanoseconds), text(crowded[i].nanoseconds)});
  }
  if (request.format == Format::Table) {
    out << "query mask " << facts.mask << ":";
    for (const std::string& name : facts.commands) out << " " << name;
    out << "\ncommand 7: "
        << (facts.errno_of_command_7 == EINVAL ? "EINVAL" : cat("errno ", facts.errno_of_command_7))
        << "\n\n";
  }
  table.write(out, request.format);
  return 0;
}

}  // namespace thole::lab
