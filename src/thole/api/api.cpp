#include "thole/api/api.hpp"

#include "thole/api/auth/errors.hpp"
#include "thole/api/discovery.hpp"
#include "thole/api/errors.hpp"
#include "thole/api/health.hpp"
#include "thole/api/object_meta.hpp"
#include "thole/api/paths.hpp"
#include "thole/api/reads.hpp"
#include "thole/api/respond.hpp"
#include "thole/api/subresources.hpp"
#include "thole/api/writes.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

// Counts a request while it runs.
class InFlight {
 public:
  InFlight(std::atomic<int>& count, int max) : count_(count) {
    admitted_ = count_.fetch_add(1, std::memory_order_relaxed) < max;
  }
  ~InFlight() { count_.fetch_sub(1, std::memory_order_relaxed); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  bool admitted() const { return admitted_; }

 private:
  std::atomic<int>& count_;
  bool admitted_;
};

Error too_many_requests() {
  ErrorDetails details;
  details.retry_after_seconds = 1;
  return {ErrorKind::TooManyRequests, "too many requests, please try again later.",
          std::make_shared<const ErrorDetails>(std::move(details)), 0};
}

bool is_health(std::string_view path) {
  for (const std::string_view name : {"/healthz", "/livez", "/readyz"}) {
    if (path == name || (path.starts_with(name) && path[name.size()] == '/')) return true;
  }
  return false;
}

bool reads_only(const RequestInfo& info) {
  return info.verb == "get" || info.verb == "list" || info.verb == "watch" ||
         !info.resource_request;
}

bool offers(const Call& call, std::string_view verb) {
  for (const std::string_view known : call.resource().verbs) {
    if (known == verb) return true;
  }
  return false;
}

}  // namespace

Api::Api(Environment environment) : environment_(std::move(environment)), openapi_(environment_) {
  const auto add = [this](Executor& executor) {
    if (executors_.contains(&executor)) return;
    PerExecutor& mine = executors_[&executor];
    mine.random = environment_.seams.random.fork(cat("api", executors_.size()));
    mine.hub = std::make_unique<WatchHub>(environment_.store, executor, environment_.limits,
                                          environment_.metrics);
  };
  for (Executor* executor : environment_.seams.io) add(*executor);
  add(environment_.seams.main);
}

Api::~Api() = default;

void Api::begin_shutdown() { shutting_down_ = true; }

void Api::end_watches(Executor& executor) {
  if (const auto found = executors_.find(&executor); found != executors_.end()) {
    found->second.hub->end_all();
  }
}

void Api::set_ready_check(std::string name, std::function<std::string()> check) {
  ready_checks_.emplace_back(std::move(name), std::move(check));
}

Async<message::Response> Api::handle(message::Request request) {
  Call call(std::move(request));
  THOLE_ASSERT(call.request.executor && executors_.contains(call.request.executor));
  call.random = executors_.find(call.request.executor)->second.random.get();
  const TimePoint begin = call.executor().clock().now();

  Result<message::Response> result = co_await serve(call);
  message::Response response;
  if (result) {
    response = std::move(*result);
  } else {
    // An error is written as JSON where the asked form can't be had.
    if (auto media = negotiate(call.request.headers, call.url.query.get("pretty"))) {
      call.media = *media;
    }
    response = respond_error(call.media, result.error());
  }
  co_await compress(call, environment_, response);
  finish(call, response);

  const std::string code = cat(response.status);
  environment_.metrics
      .counters("apiserver_request_total", "Counter of apiserver requests.",
                {"code", "group", "resource", "subresource", "verb", "version"})
      .with({code, call.info.group, call.info.resource, call.info.subresource, call.info.verb,
             call.info.version})
      .add();
  if (!call.info.is_long_running()) {
    environment_.metrics
        .histograms("apiserver_request_duration_seconds", "Response latency distribution.",
                    {"group", "resource", "subresource", "verb", "version"},
                    {0.0005, 0.001, 0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2, 5, 10,
                     30, 60})
        .with({call.info.group, call.info.resource, call.info.subresource, call.info.verb,
               call.info.version})
        .observe(std::chrono::duration<double>(call.executor().clock().now() - begin).count());
  }
  co_return response;
}

Async<message::Response> Api::serve(Call& call) {
  auto url = parse_url(call.request.target);
  if (!url) co_return fail(url.error());
  call.url = std::move(*url);
  THOLE_CO_TRY(call.info, parse_request_info(call.request.method, call.url));
  if (shutting_down_ && !is_health(call.url.path)) {
    ErrorDetails details;
    details.retry_after_seconds = 1;
    co_return fail(ErrorKind::ServiceUnavailable, "apiserver is shutting down", std::move(details));
  }
  auto caller = co_await environment_.authenticator.authenticate(call.request, call.info);
  if (!caller) co_return fail(caller.error());
  call.caller = std::move(*caller);

  std::optional<InFlight> in_flight;
  if (!call.info.is_long_running()) {
    const bool reading = reads_only(call.info);
    in_flight.emplace(reading ? reads_in_flight_ : writes_in_flight_,
                      reading ? environment_.limits.reads_in_flight_max
                              : environment_.limits.writes_in_flight_max);
    if (!in_flight->admitted()) co_return fail(too_many_requests());
  }

  const Attributes attributes = attributes_of(call.info, call.caller.user);
  THOLE_CO_TRY(const Decision decision, co_await environment_.authorizer.authorize(attributes));
  if (decision.answer != Decision::Answer::Allow) {
    co_return fail(forbidden_error(attributes, decision.reason));
  }
  if (call.request.body_too_large ||
      call.request.body.size() > environment_.limits.body_bytes_max) {
    co_return fail(ErrorKind::RequestEntityTooLarge,
                   cat("Request entity too large: limit is ", environment_.limits.body_bytes_max));
  }
  if (call.info.resource_request) co_return co_await serve_resource(call);
  co_return co_await serve_path(call);
}

Async<message::Response> Api::serve_path(Call& call) {
  const std::string& path = call.url.path;
  const std::string& method = call.request.method;
  if (is_health(path)) {
    std::vector<HealthCheck> checks = {{"ping", [] { return std::string(); }},
                                       {"log", [] { return std::string(); }},
                                       {"etcd", [] { return std::string(); }}};
    if (path.starts_with("/readyz")) {
      for (const auto& check : ready_checks_) checks.push_back(check);
      checks.emplace_back("shutdown", [this] {
        return shutting_down_ ? std::string("process is shutting down") : std::string();
      });
    }
    co_return check_health(call.url, checks);
  }
  if (method != "GET") {
    co_return path == "/" || path.starts_with("/api")
        ? Result<message::Response>(respond_error(
              call.media,
              Error{ErrorKind::MethodNotAllowed,
                    "the server does not allow this method on the requested resource", nullptr, 0}))
        : Result<message::Response>(respond_text(404, "404 page not found\n"));
  }
  if (auto answer = answer_discovery(environment_, call)) co_return std::move(*answer);
  if (OpenApiDocuments::serves(path)) co_return co_await openapi_.answer(call);
  co_return answer_path(environment_, call);
}

Async<message::Response> Api::serve_resource(Call& call) {
  call.served = environment_.resources.find(call.info.group, call.info.version, call.info.resource);
  if (!call.served) {
    call.served = {};
    co_return respond_text(404, "404 page not found\n");
  }
  if (!call.served.deprecation_warning.empty()) {
    call.warnings.push_back(call.served.deprecation_warning);
  }
  const schema::Resource& resource = call.resource();
  const bool collection = call.info.name.empty() || call.info.parts.size() < 2;
  if (resource.plural == "namespaces" && resource.group.empty()) call.info.namespace_.clear();
  if (!resource.namespaced && !call.info.namespace_.empty()) {
    co_return respond_text(404, "404 page not found\n");
  }
  if (call.request.method == "HEAD") {
    co_return fail(Error{ErrorKind::MethodNotAllowed,
                         "the server does not allow this method on the requested resource", nullptr,
                         0});
  }
  THOLE_CO_TRY(call.media, negotiate(call.request.headers, call.url.query.get("pretty"), true));

  if (!call.info.subresource.empty()) {
    co_return co_await serve_subresource(environment_, call);
  }
  std::string_view verb = call.info.verb;
  if (collection && verb == "get") verb = "list";
  const bool known = (verb == "create") == (collection && call.request.method == "POST") &&
                     (verb != "update" || !collection) && (verb != "patch" || !collection);
  if (!known || !offers(call, verb)) {
    co_return fail(Error{ErrorKind::MethodNotAllowed,
                         "the server does not allow this method on the requested resource", nullptr,
                         0});
  }
  if (verb == "create") {
    if (auto* virtual_one = environment_.virtuals.find(call.info.group, call.info.resource, "")) {
      co_return co_await answer_virtual(environment_, call, *virtual_one);
    }
    if (resource.namespaced && call.info.namespace_.empty()) {
      co_return fail(Error{ErrorKind::MethodNotAllowed,
                           "the server does not allow this method on the requested resource",
                           nullptr, 0});
    }
    co_return co_await create_object(environment_, call);
  }
  if (verb == "get") co_return co_await get_object(environment_, call);
  if (verb == "list") co_return co_await list_objects(environment_, call);
  if (verb == "watch") co_return co_await start_watch(call);
  if (verb == "update") co_return co_await update_object(environment_, call);
  if (verb == "patch") co_return co_await patch_object(environment_, call);
  if (verb == "delete") co_return co_await delete_object(environment_, call);
  if (verb == "deletecollection") co_return co_await delete_collection(environment_, call);
  co_return fail(method_not_supported(resource.group, resource.plural, verb));
}

Async<message::Response> Api::start_watch(Call& call) {
  THOLE_CO_TRY(const ListOptions options, parse_list_options(call.url.query, true));
  THOLE_CO_TRY(Selection selection, selection_of(call, options));
  THOLE_CO_TRY(const store::Revision asked, parse_resource_version(options.resource_version));

  WatchRequest watch;
  watch.served = call.served;
  watch.storage = storage_resource(call.resource());
  if (call.resource().namespaced && !call.info.namespace_.empty()) {
    watch.prefix = cat(call.info.namespace_, "/");
  }
  watch.selection = std::move(selection);
  watch.media = call.media;
  watch.bookmarks = options.bookmarks;
  const bool state_first = options.send_initial_events.value_or(asked == 0);
  if (state_first) {
    THOLE_CO_TRY(watch.initial, co_await snapshot_not_older(environment_, call.executor(), asked));
    watch.from = watch.initial->revision();
    watch.mark_end_of_initial = options.send_initial_events == true && options.bookmarks;
  } else {
    watch.from = asked == 0 ? environment_.store.newest() : asked;
  }
  const Duration least = environment_.limits.watch_time_min;
  watch.timeout =
      options.timeout_seconds && *options.timeout_seconds > 0
          ? std::chrono::seconds(std::min<std::int64_t>(*options.timeout_seconds, 1 << 30))
          : least + Duration(static_cast<std::int64_t>(
                        call.random->below(static_cast<std::uint64_t>(least.count()))));

  WatchHub& hub = *executors_.find(call.request.executor)->second.hub;
  THOLE_CO_TRY(auto source, hub.open(std::move(watch)));
  message::Response response;
  response.headers.set("content-type", call.media.stream
                                           ? cat(call.media.content_type(), ";stream=watch")
                                           : call.media.content_type());
  response.body = std::move(source);
  co_return response;
}

void Api::finish(Call& call, message::Response& response) {
  std::string_view audit = call.request.headers.get("audit-id");
  const std::string id =
      audit.empty() || audit.size() > 64 ? make_uid(*call.random) : std::string(audit);
  response.headers.set("audit-id", id);
  if (!response.headers.has("cache-control")) {
    response.headers.set("cache-control", "no-cache, private");
  }
  add_flow_headers(environment_, call, response);
  std::size_t size = 0;
  for (const std::string& warning : call.warnings) {
    std::string line = "299 - \"";
    for (const char c : warning) {
      if (c == '"' || c == '\\') line += '\\';
      if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) line += c;
    }
    line += '"';
    size += line.size();
    if (size > 4096) break;  // As upstream: what would make the headers too long is left out.
    response.headers.add("warning", std::move(line));
  }
}

}  // namespace thole::api
