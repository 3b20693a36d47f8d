#include "thole/server/control_plane.hpp"

#include <charconv>

#include "thole/api/admission/plugins.hpp"
#include "thole/api/api.hpp"
#include "thole/api/auth/escalation.hpp"
#include "thole/api/auth/rbac_authorizer.hpp"
#include "thole/api/auth/request_authenticator.hpp"
#include "thole/api/auth/reviews.hpp"
#include "thole/api/auth/tokens.hpp"
#include "thole/api/crd/controller.hpp"
#include "thole/api/crd/custom_resources.hpp"
#include "thole/api/crd/custom_walks.hpp"
#include "thole/api/crd/rules.hpp"
#include "thole/api/kinds/kinds.hpp"
#include "thole/base/metrics.hpp"
#include "thole/base/text.hpp"
#include "thole/client/transport.hpp"
#include "thole/controllers/cluster_loops.hpp"
#include "thole/http/server.hpp"
#include "thole/schema/catalog.hpp"
#include "thole/server/bootstrap.hpp"
#include "thole/server/files.hpp"

namespace thole::server {
namespace {

using namespace std::chrono_literals;

// How long requests under way may take once the server is asked to stop.
constexpr auto kShutdownPatience = 5s;

std::uint16_t port_of(const Endpoint& endpoint) {
  std::uint16_t port = 0;
  const std::string& text = endpoint.text;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos) {
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  }
  return port;
}

store::StoreOptions store_options(const Options& options) {
  store::StoreOptions made;
  made.folder = options.data.empty() ? std::string() : cat(options.data, "/store");
  made.history_time = options.history;
  made.history_bytes = options.history_bytes;
  made.repair_to = options.repair_to;
  return made;
}

store::StoreSeams store_seams_of(const Seams& seams) {
  return {.sequencer = &seams.sequencer,
          .background = &seams.main,
          .disk = &seams.disk,
          .random = &seams.random,
          .log = &seams.log};
}

// Everything that answers requests, in the order it is built.
struct ApiParts {
  ApiParts(const Seams& given, store::Store& store, api::AuthenticatorOptions authentication)
      : seams(given),
        resources(catalog, store),
        authorizer(store),
        authenticator(std::move(authentication), given.clock, authorizer),
        walks(resources),
        crds(store, resources, given.clock, given.log, given.main) {
    api::add_builtin_rules(rules);
    api::add_crd_rules(rules);
    api::add_reviews(virtuals, authorizer, authenticator, given.clock);
    api::add_admission_plugins(admission, store);
    admission.add(api::escalation_check(authorizer));
  }

  const Seams& seams;
  std::shared_ptr<const schema::Catalog> catalog = schema::Catalog::builtin();
  api::ServedResources resources;
  api::RulesTable rules;
  api::VirtualResources virtuals;
  api::AdmissionChain admission;
  api::RbacAuthorizer authorizer;
  api::RequestAuthenticator authenticator;
  api::CustomWalks walks;
  Metrics metrics;
  api::CrdController crds;
};

}  // namespace

struct ControlPlane::Parts {
  Parts(const Seams& given, Options chosen) : seams(given), options(std::move(chosen)) {}

  Async<void> start(std::optional<Origin> origin);
  Async<void> stop();
  Async<api::AuthenticatorOptions> authentication() const;
  Async<std::shared_ptr<const http::TlsContext>> tls_context() const;

  const Seams seams;
  const Options options;
  Identity identity;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<ApiParts> parts;
  std::unique_ptr<api::Api> api;
  std::shared_ptr<Listener> listener;
  Endpoint endpoint;
  std::unique_ptr<http::Server> http;
  // The loops take the path that every client takes, but for the wire.
  std::unique_ptr<client::InProcessTransport> transport;
  std::unique_ptr<controllers::ClusterLoops> loops;
};

ControlPlane::ControlPlane(const Seams& seams, Options options)
    : parts_(std::make_unique<Parts>(seams, std::move(options))) {}
ControlPlane::~ControlPlane() = default;

Endpoint ControlPlane::endpoint() const { return parts_->endpoint; }
const Identity& ControlPlane::identity() const { return parts_->identity; }
store::Store& ControlPlane::store() { return *parts_->store; }
message::Handler& ControlPlane::handler() { return *parts_->api; }

Async<api::AuthenticatorOptions> ControlPlane::Parts::authentication() const {
  api::AuthenticatorOptions made;
  std::string authorities = identity.authority.certificate_pem;
  if (!options.client_ca_file.empty()) {
    THOLE_CO_TRY(const std::string more, co_await read_file(seams.disk, options.client_ca_file));
    if (!codec::certificates_of_pem(more)) {
      co_return fail(ErrorKind::Invalid,
                     cat("--client-ca-file: ", options.client_ca_file, " holds no certificate"));
    }
    authorities += more;
  }
  THOLE_CO_TRY(made.client_ca, codec::CaBundle::parse(authorities));
  if (!options.token_auth_file.empty()) {
    THOLE_CO_TRY(const std::string csv, co_await read_file(seams.disk, options.token_auth_file));
    THOLE_CO_TRY(auto table, api::TokenTable::parse(csv, options.token_auth_file));
    made.tokens = std::make_shared<const api::TokenTable>(std::move(table));
  }
  co_return made;
}

Async<std::shared_ptr<const http::TlsContext>> ControlPlane::Parts::tls_context() const {
  codec::KeyPair serving = identity.serving;
  if (!options.tls_certificate_file.empty()) {
    THOLE_CO_TRY(serving.certificate_pem,
                 co_await read_file(seams.disk, options.tls_certificate_file));
    THOLE_CO_TRY(serving.key_pem, co_await read_file(seams.disk, options.tls_key_file));
  }
  co_return http::TlsContext::for_server(
      {.certificate_pem = serving.certificate_pem, .key_pem = serving.key_pem});
}

Async<void> ControlPlane::Parts::start(std::optional<Origin> origin) {
  // The address first: that it is in use is the likeliest trouble, and the cheapest to find.
  auto listening = seams.network.listen(options.listen, seams.main);
  if (!listening) {
    co_return fail(listening.error().kind,
                   cat(listening.error().message, "; choose another with --listen"));
  }
  listener = std::move(*listening);
  endpoint = listener->local();

  if (origin) {
    identity = std::move(origin->identity);
    store = std::move(origin->store);
  } else {
    THOLE_CO_TRY(identity, co_await load_or_make_identity(
                               seams, options.data, serving_names(options.listen, options.names)));
  }
  const bool forked = store != nullptr;
  if (!forked) {
    THOLE_CO_TRY(store,
                 co_await store::Store::open(store_options(options), store_seams_of(seams)));
  }

  THOLE_CO_TRY(auto authenticating, co_await authentication());
  parts = std::make_unique<ApiParts>(seams, *store, std::move(authenticating));
  if (!forked) {
    THOLE_CO_CHECK(co_await write_bootstrap_objects(
        seams, *store, *parts->catalog,
        {.port = port_of(endpoint), .client_ca_pem = identity.authority.certificate_pem}));
  }
  api = std::make_unique<api::Api>(api::Environment{.seams = seams,
                                                    .store = *store,
                                                    .catalog = *parts->catalog,
                                                    .resources = parts->resources,
                                                    .rules = parts->rules,
                                                    .admission = parts->admission,
                                                    .virtuals = parts->virtuals,
                                                    .walks = parts->walks,
                                                    .authenticator = parts->authenticator,
                                                    .authorizer = parts->authorizer,
                                                    .metrics = parts->metrics});

  std::shared_ptr<const http::TlsContext> tls;
  if (!origin || !origin->clear_text) {
    THOLE_CO_TRY(tls, co_await tls_context());
  }
  http = std::make_unique<http::Server>(
      http::Server::Options{.tls = std::move(tls), .limits = {}, .log = &seams.log}, *api,
      seams.io);
  http->accept_from(listener, seams.main);
  parts->crds.start();
  if (options.controllers) {
    transport = std::make_unique<client::InProcessTransport>(
        *api, seams.main,
        client::InProcessTransport::User{"system:kube-controller-manager", {"system:masters"}});
    loops = std::make_unique<controllers::ClusterLoops>(*transport, seams.log,
                                                        identity.authority.certificate_pem);
    loops->start();
  }
  co_return Result<void>();
}

Async<void> ControlPlane::Parts::stop() {
  if (listener) listener->close();
  if (loops) co_await loops->stop();
  if (parts) co_await parts->crds.stop();
  if (api) api->begin_shutdown();
  if (http) co_await http->shutdown(seams.main, seams.clock.now() + kShutdownPatience);
  if (store) co_await store->close(seams.main);
  co_return Result<void>();
}

Async<void> ControlPlane::start() { co_return co_await parts_->start(std::nullopt); }
Async<void> ControlPlane::start(Origin origin) {
  co_return co_await parts_->start(std::move(origin));
}
Async<void> ControlPlane::stop() { co_return co_await parts_->stop(); }

ControlPlane::Origin ControlPlane::fork(const Seams& seams) const {
  Origin origin;
  origin.identity = parts_->identity;
  origin.store = parts_->store->fork(seams.sequencer);
  return origin;
}

}  // namespace thole::server
