#include "thole/sim/wires.hpp"

#include <algorithm>

#include "thole/base/text.hpp"

namespace thole::sim {
namespace {

constexpr std::size_t kBacklog = 128;
constexpr std::string_view kTimedOut = "Connection timed out";
constexpr std::string_view kReset = "Connection reset by peer";

struct HostPort {
  std::string host;
  std::string port;
};

HostPort split(const Endpoint& endpoint) {
  const std::size_t colon = endpoint.text.rfind(':');
  HostPort parts{endpoint.text.substr(0, colon), endpoint.text.substr(colon + 1)};
  if (parts.host == "localhost") parts.host = "127.0.0.1";
  return parts;
}

bool is_unix(const Endpoint& endpoint) { return endpoint.text.starts_with("unix:"); }

}  // namespace

Result<Wires::ListeningPtr> Wires::listen(MachineId machine, const Endpoint& endpoint,
                                          Watcher& watcher) {
  Endpoint local = endpoint;
  if (!is_unix(endpoint)) {
    if (endpoint.text.find(':') == std::string::npos) {
      return fail(ErrorKind::BadRequest,
                  cat("an address is host:port, not \"", endpoint.text, "\""));
    }
    HostPort parts = split(endpoint);
    if (parts.port == "0") parts.port = cat(next_port_++);
    local.text = cat(parts.host, ":", parts.port);
  }
  if (listening_.contains(local.text)) {
    return fail(ErrorKind::Conflict,
                cat(local.text,
                    " is in use: stop the program that listens there, or choose "
                    "another address (port 0 picks a free one)"));
  }
  auto made = std::make_shared<Listening>(Listening{machine, local, &watcher, {}});
  listening_[local.text] = made;
  last_machine_[local.text] = machine;
  core_.trace.add("listen", {machine}, local.text);
  return made;
}

void Wires::stop_listening(Listening& listening) {
  listening.watcher = nullptr;
  const auto it = listening_.find(listening.local.text);
  if (it != listening_.end() && it->second.get() == &listening) listening_.erase(it);
  for (const ConnectionPtr& connection : listening.waiting) close(connection, 1);
  listening.waiting.clear();
}

Wires::ListeningPtr Wires::find(const Endpoint& endpoint) const {
  if (is_unix(endpoint)) {
    const auto it = listening_.find(endpoint.text);
    return it == listening_.end() ? nullptr : it->second;
  }
  const HostPort parts = split(endpoint);
  for (const std::string_view host : {std::string_view(parts.host), std::string_view(),
                                      std::string_view("0.0.0.0"), std::string_view("[::]")}) {
    const auto it = listening_.find(cat(host, ":", parts.port));
    if (it != listening_.end()) return it->second;
  }
  return nullptr;
}

Wires::Answer Wires::connect(MachineId from, const Endpoint& endpoint, ConnectionPtr& made) {
  const ListeningPtr listening = find(endpoint);
  const auto last = last_machine_.find(endpoint.text);
  const MachineId to = listening                     ? listening->machine
                       : last != last_machine_.end() ? last->second
                                                     : from;
  core_.trace.add("connect", {from, to}, endpoint.text);
  if (blocked(from, to) || blocked(to, from)) {
    core_.counts.reached("partition");
    return Answer::Silence;
  }
  if (dark_.contains(to)) return Answer::Silence;
  if (!listening || listening->waiting.size() >= kBacklog) return Answer::Refused;
  if (core_.wire_draw.chance(core_.network.refused)) {
    core_.counts.met("connect refused");
    return Answer::Refused;
  }
  made = std::make_shared<Connection>();
  made->id = ++connection_count_;
  made->ends[0].machine = from;
  made->ends[0].local = {cat("127.0.0.1:", 40'000 + made->id % 20'000)};
  made->ends[1].machine = to;
  made->ends[1].local = listening->local;
  connections_[made->id] = made;
  listening->waiting.push_back(made);
  if (listening->watcher != nullptr) listening->watcher->on_change();
  return Answer::Accepted;
}

std::size_t Wires::room(const Connection& connection, int end) const {
  const End& peer = connection.ends[1 - end];
  const std::size_t used = peer.travelling_bytes + peer.arrived.size();
  return core_.network.buffer_bytes - std::min(core_.network.buffer_bytes, used);
}

void Wires::send(const ConnectionPtr& connection, int end, std::string bytes, bool last) {
  End& from = connection->ends[end];
  End& to = connection->ends[1 - end];
  if (from.sent_last) return;
  from.sent_last = last;
  core_.trace.add(last ? "end" : "send", {connection->id, static_cast<std::uint64_t>(end)}, bytes);
  TimePoint when = core_.now + latency();
  if (!to.travelling.empty()) when = std::max(when, to.travelling.back().when);
  to.travelling_bytes += bytes.size();
  to.travelling.push_back({when, std::move(bytes), last});
  core_.scheduler.add_event(when, [this, connection, end] { deliver(connection, 1 - end); });
}

void Wires::deliver(const ConnectionPtr& connection, int to) {
  End& end = connection->ends[to];
  End& sender = connection->ends[1 - to];
  if (end.travelling.empty()) return;
  if (blocked(sender.machine, end.machine)) {
    core_.counts.reached("partition");
    return;  // `heal` sends it on its way again.
  }
  if (end.powerless) {
    // A machine without power says nothing. One that came back doesn't know the connection.
    if (dark_.contains(end.machine)) return;
    core_.counts.reached("half-open");
    return break_later(connection, 1 - to, latency(), std::string(kReset));
  }
  bool changed = false;
  while (!end.travelling.empty() && end.travelling.front().when <= core_.now) {
    End::Segment segment = std::move(end.travelling.front());
    end.travelling.pop_front();
    end.travelling_bytes -= segment.bytes.size();
    if (end.closed && !segment.bytes.empty()) {
      break_later(connection, 1 - to, latency(), std::string(kReset));
    }
    if (!end.closed && end.broken.empty()) end.arrived += segment.bytes;
    end.ended |= segment.last;
    changed = true;
  }
  if (changed && end.watcher != nullptr) end.watcher->on_change();
}

void Wires::close(const ConnectionPtr& connection, int end) {
  End& mine = connection->ends[end];
  if (std::exchange(mine.closed, true)) return;
  mine.watcher = nullptr;
  const bool unread = !mine.arrived.empty();
  mine.arrived.clear();
  if (unread) {
    break_later(connection, 1 - end, latency(), std::string(kReset));
  } else {
    send(connection, end, {}, true);
  }
}

void Wires::break_end(Connection& connection, int end, std::string_view why) {
  End& broken = connection.ends[end];
  if (!broken.broken.empty() || broken.closed) return;
  core_.trace.add("break", {connection.id, static_cast<std::uint64_t>(end)}, why);
  broken.broken = why;
  if (broken.watcher != nullptr) broken.watcher->on_change();
}

void Wires::break_later(const ConnectionPtr& connection, int end, Duration delay, std::string why) {
  core_.scheduler.add_event(core_.now + delay, [this, connection, end, why = std::move(why)] {
    const End& target = connection->ends[end];
    if (target.powerless) return;
    // What tells of the end travels as everything else does. Keep-alive will notice instead.
    if (blocked(connection->ends[1 - end].machine, target.machine)) return;
    break_end(*connection, end, why);
  });
}

void Wires::reset(Connection& connection, std::string_view why) {
  break_end(connection, 0, why);
  break_end(connection, 1, why);
}

bool Wires::unreachable(const Connection& connection) const {
  const auto& [a, b] = connection.ends;
  return blocked(a.machine, b.machine) || blocked(b.machine, a.machine) || a.powerless ||
         b.powerless;
}

// Keep-alive: who can't reach the other side for that long, gives up. A side may be reachable in
// between and not again; the time since then is not counted, which only makes it give up earlier.
void Wires::give_up_later(const ConnectionPtr& connection) {
  core_.scheduler.add_event(core_.now + core_.network.unreachable_timeout, [this, connection] {
    if (!unreachable(*connection)) return;
    core_.counts.met("keep-alive gave up");
    for (int end : {0, 1}) {
      if (!connection->ends[end].powerless) break_end(*connection, end, kTimedOut);
    }
  });
}

std::vector<Wires::ConnectionPtr> Wires::all() {
  std::vector<ConnectionPtr> connections;
  std::erase_if(connections_, [&](const auto& entry) {
    if (auto connection = entry.second.lock()) {
      connections.push_back(std::move(connection));
      return false;
    }
    return true;
  });
  return connections;
}

void Wires::partition(MachineId from, MachineId to) {
  if (!blocked_.insert({from, to}).second) return;
  core_.counts.injected("partition");
  core_.trace.add("partition", {from, to});
  for (const ConnectionPtr& connection : all()) {
    if (unreachable(*connection)) give_up_later(connection);
  }
}

void Wires::heal(MachineId from, MachineId to) {
  if (blocked_.erase({from, to}) == 0) return;
  core_.trace.add("heal", {from, to});
  for (const ConnectionPtr& connection : all()) {
    for (int end : {0, 1}) {
      if (connection->ends[1 - end].machine != from || connection->ends[end].machine != to)
        continue;
      core_.scheduler.add_event(core_.now + latency(),
                                [this, connection, end] { deliver(connection, end); });
    }
  }
}

void Wires::heal_all() {
  while (!blocked_.empty()) heal(blocked_.begin()->first, blocked_.begin()->second);
}

std::size_t Wires::cut_connections(MachineId a, MachineId b) {
  std::size_t count = 0;
  for (const ConnectionPtr& connection : all()) {
    const auto& [one, other] = connection->ends;
    const bool between =
        (one.machine == a && other.machine == b) || (one.machine == b && other.machine == a);
    if (!between || one.closed || other.closed || !one.broken.empty()) continue;
    reset(*connection, kReset);
    core_.counts.met("connection reset");
    ++count;
  }
  return count;
}

void Wires::on_kill(MachineId machine) {
  std::vector<ListeningPtr> mine;
  for (const auto& [text, listening] : listening_) {
    if (listening->machine == machine) mine.push_back(listening);
  }
  for (const ListeningPtr& listening : mine) stop_listening(*listening);
  for (const ConnectionPtr& connection : all()) {
    for (int end : {0, 1}) {
      if (connection->ends[end].machine == machine) close(connection, end);
    }
  }
}

void Wires::on_power_off(MachineId machine) {
  dark_.insert(machine);
  std::erase_if(listening_, [&](const auto& entry) {
    if (entry.second->machine != machine) return false;
    entry.second->watcher = nullptr;
    for (const ConnectionPtr& connection : entry.second->waiting) {
      connection->ends[1].powerless = true;
    }
    return true;
  });
  for (const ConnectionPtr& connection : all()) {
    for (int end : {0, 1}) {
      End& mine = connection->ends[end];
      if (mine.machine != machine || mine.closed) continue;
      mine.powerless = true;
      mine.watcher = nullptr;
      core_.counts.injected("half-open");
      // What it had sent already may still arrive; what is on the way to it may not.
      mine.travelling.clear();
      mine.travelling_bytes = 0;
      give_up_later(connection);
    }
  }
}

}  // namespace thole::sim
