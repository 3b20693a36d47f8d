#include "thole/sim/network.hpp"

#include <algorithm>
#include <utility>

#include "thole/base/text.hpp"

namespace thole::sim {

struct SimNetwork::Access {
  Core& core;
  Wires& wires;
  MachineId machine;
  bool severed = false;
};

namespace {

// What a wait in this file may end with, beside Waiter::kGone.
constexpr int kChanged = 1;

std::unexpected<Error> canceled() {
  return fail(ErrorKind::Canceled, "the connection was closed here");
}

// Where the dead stay.
asio::awaitable<void> never(Executor& executor) { return sleep_until(executor, TimePoint::max()); }

}  // namespace

class SimNetwork::Stream final : public ByteStream, private Wires::Watcher {
 public:
  Stream(std::shared_ptr<Access> access, Executor& owner, Wires::ConnectionPtr connection, int end)
      : access_(std::move(access)),
        connection_(std::move(connection)),
        end_(end),
        reader_(owner),
        writer_(owner) {
    mine().watcher = this;
  }
  ~Stream() override { close(); }

  Async<std::size_t> read(std::span<std::byte> buffer) override {
    THOLE_ASSERT(!buffer.empty());
    Core& core = access_->core;
    for (;;) {
      if (access_->severed) co_await never(reader_.executor());
      if (closed_) co_return canceled();
      if (!mine().arrived.empty()) {
        std::size_t size = std::min(buffer.size(), mine().arrived.size());
        if (size > 1 && core.wire_draw.chance(core.network.small_chunks)) {
          core.counts.met("short read");
          size = 1 + core.wire_draw.below(size - 1);
        }
        const auto from = std::as_bytes(std::span(mine().arrived).first(size));
        std::ranges::copy(from, buffer.begin());
        core.trace.add("receive", {connection_->id, static_cast<std::uint64_t>(end_)}, from);
        mine().arrived.erase(0, size);
        if (peer().watcher != nullptr) peer().watcher->on_change();  // It has room now.
        co_return size;
      }
      if (!mine().broken.empty()) co_return failed("read from");
      if (mine().ended) co_return 0;
      if (co_await reader_.wait() != kChanged) co_return canceled();
    }
  }

  Async<void> write(std::span<const std::byte> bytes) override {
    Core& core = access_->core;
    while (!bytes.empty()) {
      if (access_->severed) co_await never(writer_.executor());
      if (closed_) co_return canceled();
      if (mine().broken.empty() && core.wire_draw.chance(core.network.reset)) {
        core.counts.met("connection reset");
        access_->wires.reset(*connection_, "Connection reset by peer");
      }
      if (!mine().broken.empty() || mine().sent_last) co_return failed("write to");
      std::size_t size = std::min(bytes.size(), access_->wires.room(*connection_, end_));
      if (size == 0) {
        core.counts.met("full buffer");
        if (co_await writer_.wait() != kChanged) co_return canceled();
        continue;
      }
      if (size > 1 && core.wire_draw.chance(core.network.small_chunks)) {
        core.counts.met("split write");
        size = 1 + core.wire_draw.below(size - 1);
      }
      const auto chunk = bytes.first(size);
      access_->wires.send(connection_, end_,
                          {reinterpret_cast<const char*>(chunk.data()), chunk.size()}, false);
      bytes = bytes.subspan(size);
    }
    co_return Result<void>();
  }

  void shutdown_write() override {
    if (!access_->severed && !closed_) access_->wires.send(connection_, end_, {}, true);
  }

  void close() override {
    if (std::exchange(closed_, true) || access_->severed) return;
    access_->wires.close(connection_, end_);
    on_change();
  }

  Endpoint local() const override { return connection_->ends[end_].local; }
  Endpoint remote() const override { return connection_->ends[1 - end_].local; }

 private:
  Wires::End& mine() { return connection_->ends[end_]; }
  Wires::End& peer() { return connection_->ends[1 - end_]; }

  void on_change() override {
    reader_.resume(kChanged);
    writer_.resume(kChanged);
  }

  std::unexpected<Error> failed(std::string_view what) {
    const std::string why = mine().broken.empty() ? "Broken pipe" : mine().broken;
    return fail(ErrorKind::ServiceUnavailable, cat(what, " ", remote().text, ": ", why));
  }

  std::shared_ptr<Access> access_;
  Wires::ConnectionPtr connection_;
  const int end_;
  Waiter reader_;
  Waiter writer_;
  bool closed_ = false;
};

class SimNetwork::Listens final : public Listener, private Wires::Watcher {
 public:
  Listens(std::shared_ptr<Access> access, Executor& executor)
      : access_(std::move(access)), waiter_(executor) {}
  ~Listens() override { close(); }

  Result<void> open(const Endpoint& endpoint) {
    THOLE_TRY(listening_, access_->wires.listen(access_->machine, endpoint, *this));
    return {};
  }

  Async<std::unique_ptr<ByteStream>> accept(Executor& owner) override {
    for (;;) {
      if (access_->severed) co_await never(waiter_.executor());
      if (closed_) co_return fail(ErrorKind::Canceled, "the listener was closed");
      if (!listening_->waiting.empty()) {
        Wires::ConnectionPtr connection = std::move(listening_->waiting.front());
        listening_->waiting.pop_front();
        access_->core.trace.add("accept", {connection->id});
        co_return std::make_unique<Stream>(access_, owner, std::move(connection), 1);
      }
      if (co_await waiter_.wait() != kChanged) {
        co_return fail(ErrorKind::Canceled, "the listener was closed");
      }
    }
  }

  Endpoint local() const override { return listening_->local; }

  void close() override {
    if (std::exchange(closed_, true) || access_->severed || !listening_) return;
    access_->wires.stop_listening(*listening_);
    waiter_.resume(kChanged);
  }

 private:
  void on_change() override { waiter_.resume(kChanged); }

  std::shared_ptr<Access> access_;
  Waiter waiter_;
  Wires::ListeningPtr listening_;
  bool closed_ = false;
};

SimNetwork::SimNetwork(Core& core, Wires& wires, MachineId machine)
    : access_(std::make_shared<Access>(Access{core, wires, machine})) {}
SimNetwork::~SimNetwork() = default;

void SimNetwork::sever() { access_->severed = true; }

Result<std::unique_ptr<Listener>> SimNetwork::listen(Endpoint endpoint, Executor& executor) {
  if (access_->severed) return canceled();
  auto listener = std::make_unique<Listens>(access_, executor);
  THOLE_CHECK(listener->open(endpoint));
  return listener;
}

Async<std::unique_ptr<ByteStream>> SimNetwork::connect(Endpoint endpoint, Executor& owner) {
  const std::shared_ptr<Access> access = access_;
  if (access->severed) co_await never(owner);
  co_await sleep_for(owner, access->wires.latency());
  Wires::ConnectionPtr connection;
  switch (access->wires.connect(access->machine, endpoint, connection)) {
    case Wires::Answer::Refused:
      co_await sleep_for(owner, access->wires.latency());
      co_return fail(ErrorKind::ServiceUnavailable,
                     cat("connect to ", endpoint.text, ": Connection refused"));
    case Wires::Answer::Silence:
      co_await sleep_for(owner, access->core.network.connect_timeout);
      co_return fail(ErrorKind::ServiceUnavailable,
                     cat("connect to ", endpoint.text, ": Connection timed out"));
    case Wires::Answer::Accepted:
      break;
  }
  auto stream = std::make_unique<Stream>(access, owner, std::move(connection), 0);
  co_await sleep_for(owner, access->wires.latency());
  co_return stream;
}

}  // namespace thole::sim
