#pragma once
// What the tests of this layer share: the whole API in a simulated world, and requests and answers
// as texts, so that a test reads like a transcript.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "thole/api/api.hpp"
#include "thole/api/crd/custom_resources.hpp"
#include "thole/api/crd/custom_walks.hpp"
#include "thole/api/crd/rules.hpp"
#include "thole/api/kinds/kinds.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/sim/world.hpp"

namespace thole::api {

// Everyone is an administrator, unless a User-Agent says "nobody".
class OpenDoor final : public Authenticator, public Authorizer {
 public:
  Async<Caller> authenticate(const message::Request& request, const RequestInfo&) override {
    Caller caller;
    const bool nobody = request.headers.get("user-agent") == "nobody";
    caller.user.name = nobody ? "system:anonymous" : "admin";
    caller.user.groups = {nobody ? "system:unauthenticated" : "system:masters"};
    co_return caller;
  }
  Async<Decision> authorize(const Attributes& attributes) override {
    Decision decision;
    if (attributes.user.name == "admin") decision.answer = Decision::Answer::Allow;
    co_return decision;
  }
};

class Watched {
 public:
  explicit Watched(std::unique_ptr<message::Source> source) : source_(std::move(source)) {
    source_->set_notify([] {});
  }
  // What has arrived since the last call; "END" when the stream has ended.
  std::string read() {
    std::string out;
    while (true) {
      std::array<std::byte, 777> buffer{};
      const auto got = source_->read(buffer);
      if (got.state == message::Source::State::End) return out + "END";
      if (got.state != message::Source::State::Data) return out;
      out.append(reinterpret_cast<const char*>(buffer.data()), got.size);
    }
  }
  message::Source& source() { return *source_; }

 private:
  std::unique_ptr<message::Source> source_;
};

struct Answer {
  int status = 0;
  message::Headers headers;
  std::string body;
  std::unique_ptr<Watched> watch;

  codec::Value json() {
    auto parsed = codec::parse_json(body);
    EXPECT_TRUE(parsed.has_value()) << body;
    if (!parsed) return {};
    document = std::move(*parsed);
    return document.root;
  }
  std::string text(std::initializer_list<std::string_view> path) {
    codec::Value at = json();
    for (const std::string_view key : path) at = at.get(key);
    return at.is_string() ? std::string(at.as_string()) : codec::to_json(at);
  }
  codec::Document document;
};

class TestApi {
 public:
  explicit TestApi(std::uint64_t seed = 1, store::StoreOptions options = {})
      : world(seed),
        seams(world.seams()),
        store(store::Store::in_memory(std::move(options), {.sequencer = &seams.sequencer,
                                                           .background = &seams.main,
                                                           .disk = &seams.disk,
                                                           .random = &seams.random,
                                                           .log = &seams.log})),
        resources(catalog, *store),
        walks(resources) {
    add_builtin_rules(rules);
    add_crd_rules(rules);
    api = std::make_unique<Api>(Environment{.seams = seams,
                                            .store = *store,
                                            .catalog = *catalog,
                                            .resources = resources,
                                            .rules = rules,
                                            .admission = admission,
                                            .virtuals = virtuals,
                                            .walks = walks,
                                            .authenticator = door,
                                            .authorizer = door,
                                            .metrics = metrics,
                                            .limits = {},
                                            .version = {}});
  }

  Answer send(std::string method, std::string target, std::string body = {},
              std::vector<message::Headers::Field> headers = {}) {
    message::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    for (auto& header : headers) request.headers.add(header.name, header.value);
    request.executor = &seams.main;
    request.received = seams.clock.now();
    Result<message::Response> response = world.run(api->handle(std::move(request)));
    Answer answer;
    EXPECT_TRUE(response.has_value());
    if (!response) return answer;
    answer.status = response->status;
    answer.headers = response->headers;
    if (auto* text = std::get_if<std::string>(&response->body)) {
      answer.body = std::move(*text);
    } else if (auto* source = std::get_if<std::unique_ptr<message::Source>>(&response->body)) {
      answer.watch = std::make_unique<Watched>(std::move(*source));
    }
    return answer;
  }
  Answer get(std::string target, std::string accept = {}) {
    std::vector<message::Headers::Field> headers;
    if (!accept.empty()) headers.push_back({"Accept", std::move(accept)});
    Answer answer = send("GET", std::move(target), {}, std::move(headers));
    return answer;
  }
  // A LIST streams: its whole text.
  std::string list(std::string target) {
    Answer answer = get(std::move(target));
    if (!answer.watch) return answer.body;
    std::string text = answer.watch->read();
    EXPECT_TRUE(text.ends_with("END"));
    text.resize(text.size() - 3);
    return text;
  }
  Answer post(std::string target, std::string body) {
    return send("POST", std::move(target), std::move(body),
                {{"Content-Type", "application/json"}, {"User-Agent", "test/1"}});
  }
  Answer put(std::string target, std::string body) {
    return send("PUT", std::move(target), std::move(body),
                {{"Content-Type", "application/json"}, {"User-Agent", "test/1"}});
  }
  Answer patch(std::string target, std::string type, std::string body) {
    return send("PATCH", std::move(target), std::move(body),
                {{"Content-Type", cat("application/", type)}, {"User-Agent", "patcher/1"}});
  }
  void settle() { world.run_for(std::chrono::milliseconds(1)); }

  sim::World world;
  const Seams seams;
  std::unique_ptr<store::Store> store;
  const std::shared_ptr<const schema::Catalog> catalog = schema::Catalog::builtin();
  ServedResources resources;
  CustomWalks walks;
  RulesTable rules;
  AdmissionChain admission;
  VirtualResources virtuals;
  OpenDoor door;
  Metrics metrics;
  std::unique_ptr<Api> api;
};

inline std::string config_map(std::string_view name, std::string_view more = "") {
  return cat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")", name, "\"", more,
             R"(},"data":{"a":"1"}})");
}

}  // namespace thole::api
