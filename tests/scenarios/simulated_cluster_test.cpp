// The whole server in a simulated world: several clients create and change objects over a network
// that cuts connections, while the server is killed, or loses its power with whatever its disk had
// not flushed. Nothing that was acknowledged may be missing, nothing may be there twice or half, and
// the same seed must be the same story each time.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/http/client.hpp"
#include "thole/server/control_plane.hpp"
#include "thole/server/files.hpp"
#include "thole/sim/world.hpp"

namespace thole {
namespace {

using namespace std::chrono_literals;

const Endpoint kAddress{"127.0.0.1:6443"};
constexpr int kClients = 3;
constexpr int kObjectsEach = 6;
constexpr int kChangesEach = 3;  // Of every object.
constexpr std::string_view kObjects = "/api/v1/namespaces/default/configmaps";

// What a client was told: the highest counter of each object that was acknowledged, and the
// highest that it asked for, which may or may not have happened.
struct Told {
  int acknowledged = -1;
  int asked = -1;
};
using Ledger = std::map<std::string, Told>;

struct ServerProcess {
  explicit ServerProcess(Seams given) : seams(given), plane(seams, options()) {
    spawn(seams.main, "boot", boot());
  }
  static server::Options options() {
    server::Options made;
    made.listen = kAddress;
    made.data = "/data";
    made.token_auth_file = "/tokens/tokens.csv";
    return made;
  }
  asio::awaitable<void> boot() {
    EXPECT_TRUE(co_await seams.disk.make_dir("/tokens"));
    EXPECT_TRUE(co_await server::replace_file(seams.disk, "/tokens", "tokens.csv",
                                              "secret,admin,1,system:masters\n"));
    server::ControlPlane::Origin origin;
    origin.identity = identity();
    origin.clear_text = true;
    const auto started = co_await plane.start(std::move(origin));
    if (!started) ADD_FAILURE() << "the server did not start: " << started.error().message;
  }
  // One for all worlds: keys come from outside of them.
  static const server::Identity& identity() {
    static const server::Identity made = [] {
      server::Identity one;
      const codec::Validity always{WallTime(0s), WallTime(24h * 365 * 200)};
      one.authority = *codec::make_authority("sim", always);
      return one;
    }();
    return made;
  }

  Seams seams;
  server::ControlPlane plane;
};

message::Request request(std::string method, std::string target, std::string body) {
  message::Request made;
  made.method = std::move(method);
  made.target = std::move(target);
  made.headers.add("authorization", "Bearer secret");
  if (!body.empty()) made.headers.add("content-type", "application/json");
  made.body = std::move(body);
  return made;
}

struct Answer {
  int status = 0;
  std::string body;
};

// One request on a connection of its own; an error means that nobody knows what happened.
Async<Answer> ask(Seams seams, message::Request asked) {
  THOLE_CO_TRY(auto stream, co_await seams.network.connect(kAddress, seams.main));
  http::Client::Options options;
  options.server_name = "127.0.0.1";
  options.http2_prior_knowledge = true;
  THOLE_CO_TRY(const auto client,
               co_await http::Client::over(options, std::move(stream), seams.main));
  asked.executor = &seams.main;
  THOLE_CO_TRY(auto response, co_await client->handle(std::move(asked)));
  Answer answer{.status = response.status, .body = {}};
  THOLE_CO_TRY(answer.body, co_await http::read_body(seams.main, response, 16 << 20));
  co_return answer;
}

std::string object(const std::string& name, int counter) {
  return cat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")", name,
             R"("},"data":{"counter":")", counter, R"("}})");
}

// Creates or replaces until it is acknowledged.
asio::awaitable<void> write(Seams seams, Ledger& ledger, std::string name, int counter) {
  ledger[name].asked = counter;
  for (;;) {
    const auto answer =
        counter == 0
            ? co_await ask(seams, request("POST", std::string(kObjects), object(name, counter)))
            : co_await ask(seams,
                           request("PUT", cat(kObjects, "/", name), object(name, counter)));
    // 409 answers a create whose first try had succeeded without our hearing of it.
    const bool done = answer && (answer->status == 201 || answer->status == 200 ||
                                 (counter == 0 && answer->status == 409));
    if (answer && !done && answer->status < 500 && answer->status != 429) {
      ADD_FAILURE() << answer->status << " " << answer->body;
    }
    if (done) break;
    co_await sleep_for(seams.main, Duration(50ms) + seams.random.below(500) * 1ms);
  }
  ledger[name].acknowledged = counter;
}

asio::awaitable<void> client(Seams seams, Ledger& ledger, int number, int& done) {
  for (int change = 0; change <= kChangesEach; ++change) {
    for (int i = 0; i < kObjectsEach; ++i) {
      co_await write(seams, ledger, cat("c", number, "-", i), change);
      co_await sleep_for(seams.main, seams.random.below(300) * 1ms);
    }
  }
  ++done;
}

asio::awaitable<int> check(Seams seams, const Ledger& ledger) {
  for (int tries = 0; tries < 100; ++tries) {
    const auto answer = co_await ask(seams, request("GET", std::string(kObjects), ""));
    if (!answer || answer->status != 200) {
      co_await sleep_for(seams.main, 500ms);
      continue;
    }
    const auto list = codec::parse_json(answer->body);
    if (!list) {
      ADD_FAILURE() << "unreadable: " << answer->body.substr(0, 200);
      co_return 0;
    }
    std::map<std::string, int> found;
    std::set<std::string> revisions;
    for (codec::Value item : list->root.get("items").elements()) {
      const std::string name(item.get("metadata").string_or("name"));
      if (!ledger.contains(name)) continue;
      EXPECT_TRUE(
          found.emplace(name, std::stoi(std::string(item.get("data").string_or("counter"))))
              .second)
          << name << " is there twice";
      EXPECT_TRUE(
          revisions.emplace(item.get("metadata").string_or("resourceVersion")).second);
    }
    for (const auto& [name, told] : ledger) {
      if (told.acknowledged < 0) continue;
      if (!found.contains(name)) {
        ADD_FAILURE() << name << " was acknowledged and is gone";
        continue;
      }
      EXPECT_GE(found[name], told.acknowledged) << name;
      EXPECT_LE(found[name], told.asked) << name;
    }
    co_return static_cast<int>(found.size());
  }
  ADD_FAILURE() << "the server never answered";
  co_return 0;
}

std::uint64_t story(std::uint64_t seed) {
  SCOPED_TRACE(cat("seed ", seed));
  // Before the world: its destructor still runs coroutines that refer to these.
  Ledger ledger;
  int done = 0;
  sim::World world(seed);
  world.network_faults().small_chunks = 100'000;
  world.network_faults().reset = 2'000;
  sim::Process& server = world.process("server");
  const auto boot = [](Seams seams) { return std::make_shared<ServerProcess>(seams); };
  server.start(boot);
  for (int i = 0; i < kClients; ++i) {
    world.process(cat("client", i)).start([&ledger, &done, i](Seams seams) -> std::shared_ptr<void> {
      spawn(seams.main, "client", client(seams, ledger, i, done));
      return nullptr;
    });
  }
  sim::Draw draw = world.draw("script");
  for (int i = 0; i < 4; ++i) {
    world.run_for(draw.between(10ms, 3s));
    draw.below(2) == 0 ? server.kill() : server.power_off();
    world.run_for(draw.between(0s, 1s));
    server.start(boot);
  }
  world.heal_everything();
  for (int i = 0; i < 300 && done < kClients; ++i) world.run_for(1s);
  EXPECT_EQ(done, kClients) << "some clients never finished";
  EXPECT_EQ(world.run(check(world.seams(), ledger)), kClients * kObjectsEach);
  return world.trace().hash();
}

TEST(SimulatedCluster, LosesNothingThatWasAcknowledgedAndIsTheSameStoryEachTime) {
#ifdef THOLE_SANITIZED
  constexpr std::uint64_t kSeeds = 15;  // The sanitizers make each ten times as long.
#else
  constexpr std::uint64_t kSeeds = 200;
#endif
  for (std::uint64_t seed = 1; seed <= kSeeds && !testing::Test::HasFailure(); ++seed) {
    const std::uint64_t first = story(seed);
    EXPECT_EQ(story(seed), first) << "seed " << seed << " was another story the second time";
  }
}

}  // namespace
}  // namespace thole
