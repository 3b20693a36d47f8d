#include "thole/sim/process.hpp"

#include <boost/asio/execution_context.hpp>
#include <map>
#include <utility>

#include "thole/base/text.hpp"
#include "thole/sim/disk.hpp"
#include "thole/sim/network.hpp"

namespace thole::sim {
namespace {

// 2026-01-01T00:00:00Z, when every world begins.
constexpr WallTime kWallBegin{std::chrono::seconds(1'767'225'600)};
constexpr std::uint32_t kExecutorsAMachine = 1'000;

}  // namespace

// One run of the process, from start to death: everything that its Seams refer to.
class Process::Life final : public Clock, public Blocking, public Log {
 public:
  Life(Process& process, std::uint32_t incarnation)
      : process_(process),
        core_(process.core_),
        random_(core_.seed_draw.forked(process.name_).forked(cat("life ", incarnation))),
        delay_draw_(random_.forked("blocking")),
        disk_(core_, process.storage_),
        network_(core_, process.wires_, process.machine_),
        context_(std::make_unique<asio::execution_context>()) {
    for (std::size_t i = 0; i < process.io_count_ + 2; ++i) {
      const auto id = static_cast<ExecutorId>(process.machine_ * kExecutorsAMachine +
                                              incarnation * (process.io_count_ + 2) + i + 1);
      executors_.push_back(std::make_unique<SimExecutor>(core_, *this, *context_, id));
    }
  }

  Seams seams() {
    std::vector<Executor*> io;
    for (std::size_t i = 2; i < executors_.size(); ++i) io.push_back(executors_[i].get());
    return {.clock = *this,
            .disk = disk_,
            .network = network_,
            .random = random_,
            .blocking = *this,
            .log = *this,
            .main = *executors_[0],
            .sequencer = *executors_[1],
            .io = std::move(io)};
  }

  void die() {
    alive_ = false;
    disk_.sever();
    network_.sever();
    for (const auto& executor : executors_) executor->die();
    for (auto& [id, piece] : pieces_) {
      core_.graveyard.push_back(std::move(piece.work));
      core_.graveyard.push_back(std::move(piece.done));
    }
    pieces_.clear();
    core_.something_died = true;
  }

  // As in `real`, coroutines go before the parts that they refer to.
  bool bury() {
    if (alive_ || buried_) return false;
    bool any = false;
    for (const auto& executor : executors_) any |= executor->drop_everything();
    if (!any) any = std::exchange(root_, nullptr) != nullptr;
    buried_ = !any;
    return any;
  }

  bool alive() const { return alive_; }
  void set_root(std::shared_ptr<void> root) { root_ = std::move(root); }
  const SimDisk& disk() const { return disk_; }

 private:
  TimePoint now() const override { return core_.now; }
  WallTime wall() const override {
    const Duration drifted = (core_.now - process_.drift_since_) / 1'000'000 * process_.wall_drift_;
    return kWallBegin + core_.now.time_since_epoch() + process_.wall_offset_ + drifted;
  }

  void run(Task work, Executor& executor, Task done) override {
    if (!alive_) {
      core_.graveyard.push_back(std::move(work));
      core_.graveyard.push_back(std::move(done));
      return;
    }
    const std::uint64_t id = ++piece_count_;
    core_.trace.add("blocking", {process_.machine_, id});
    pieces_.emplace(id, Piece{std::move(work), &executor, std::move(done)});
    const Duration delay = delay_draw_.between(Duration(0), core_.blocking_delay_max);
    core_.scheduler.add_event(core_.now + delay, [this, id] {
      auto node = pieces_.extract(id);
      if (node.empty()) return;  // It died meanwhile.
      node.mapped().work();
      node.mapped().executor->post(std::move(node.mapped().done));
    });
  }

  bool enabled(LogLevel) const override { return true; }
  void write(LogLevel level, std::string_view where, std::string_view line) override {
    if (!alive_) return;
    constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error"};
    const std::string text = cat(kLevels[static_cast<std::size_t>(level)], " ", where, ": ", line);
    core_.trace.add("log", {process_.machine_}, text);
    process_.log_lines_.push_back(text);
  }

  struct Piece {
    Task work;
    Executor* executor;
    Task done;
  };

  Process& process_;
  Core& core_;
  Draw random_;
  Draw delay_draw_;
  SimDisk disk_;
  SimNetwork network_;
  std::unique_ptr<asio::execution_context> context_;
  std::vector<std::unique_ptr<SimExecutor>> executors_;
  std::map<std::uint64_t, Piece> pieces_;
  std::uint64_t piece_count_ = 0;
  std::shared_ptr<void> root_;
  bool alive_ = true;
  bool buried_ = false;  // Nothing is left that could ever do anything.
};

Process::Process(Core& core, Wires& wires, MachineId machine, std::string name,
                 std::size_t io_count)
    : core_(core), wires_(wires), machine_(machine), name_(std::move(name)), io_count_(io_count) {}

Process::~Process() = default;

bool Process::running() const { return !lives_.empty() && lives_.back()->alive(); }

Process::Life& Process::life() {
  if (!running()) {
    core_.trace.add("start", {machine_, incarnation_}, name_);
    wires_.on_power_on(machine_);
    lives_.push_back(std::make_unique<Life>(*this, incarnation_++));
  }
  return *lives_.back();
}

void Process::start(Boot boot) {
  THOLE_ASSERT(!running());
  Life& begun = life();
  begun.seams().main.post(
      [&begun, boot = std::move(boot)] { begun.set_root(boot(begun.seams())); });
}

Seams Process::seams() { return life().seams(); }

void Process::kill() {
  if (!running()) return;
  core_.counts.met("kill");
  core_.trace.add("kill", {machine_});
  sever(false);
}

void Process::power_off() {
  if (!running()) return;
  core_.counts.met("power cut");
  core_.trace.add("power off", {machine_});
  sever(true);
}

void Process::sever(bool power) {
  lives_.back()->die();
  if (power) {
    wires_.on_power_off(machine_);
    storage_.power_cut(core_.disk_draw);
  } else {
    wires_.on_kill(machine_);
    storage_.unlock_all();
  }
}

bool Process::bury() {
  bool any = false;
  for (const auto& life : lives_) any |= life->bury();
  return any;
}

std::uint64_t Process::disk_operation_count() const {
  return lives_.empty() ? 0 : lives_.back()->disk().operation_count();
}

void Process::drift_wall(std::int64_t per_million) {
  wall_offset_ += (core_.now - drift_since_) / 1'000'000 * wall_drift_;
  drift_since_ = core_.now;
  wall_drift_ = per_million;
}

}  // namespace thole::sim
