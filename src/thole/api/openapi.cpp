#include "thole/api/openapi.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "thole/api/crd/rules.hpp"
#include "thole/api/respond.hpp"
#include "thole/base/blocking.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

namespace {

using codec::Value;

constexpr std::string_view kV2 = "/openapi/v2";
constexpr std::string_view kV3 = "/openapi/v3";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kProtobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
constexpr std::string_view kOldProtobuf =
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

std::string sha512_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  THOLE_ASSERT(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha512(), nullptr));
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += kDigits[digest[i] >> 4];
    out += kDigits[digest[i] & 15];
  }
  return out;
}

enum class Form { None, Json, Protobuf };

Form form_of(const message::Headers& headers, bool protobuf) {
  for (const std::string& range : accepted_ranges(headers)) {
    if (range == kJson || range == "*/*" || range == "application/*") return Form::Json;
    if (protobuf && (range == kProtobuf || range == kOldProtobuf)) return Form::Protobuf;
  }
  return Form::None;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::chrono::sys_seconds when) {
  static constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                            "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(when - day);
  const auto two = [](auto number) { return cat(number < 10 ? "0" : "", number); };
  return cat(kDays[std::chrono::weekday(day).c_encoding()], ", ",
             two(static_cast<unsigned>(date.day())), " ",
             kMonths[static_cast<unsigned>(date.month()) - 1], " ", static_cast<int>(date.year()),
             " ", two(time.hours().count()), ":", two(time.minutes().count()), ":",
             two(time.seconds().count()), " GMT");
}

bool holds_etag(const message::Headers& headers, std::string_view etag) {
  for (const std::string_view line : headers.all("if-none-match")) {
    if (line == "*" || line.find(etag) != line.npos) return true;
  }
  return false;
}

}  // namespace

// The resources of one moment, in the form that schema::OpenApi wants.
class OpenApiDocuments::Maker {
 public:
  Maker(const Environment& environment, const store::Snapshot& snapshot)
      : catalog_(environment.catalog), served_(environment.resources.all()) {
    for (const Served& served : served_) {
      if (!served.custom) {
        builtins_.push_back(served.resource);
        continue;
      }
      const schema::Resource& resource = *served.resource;
      schema::CustomSchema custom{.resource = &resource, .schema = {}};
      const store::Value* stored =
          snapshot.find(kCrdResource, cat(resource.plural, ".", resource.group));
      if (stored) {
        if (const auto crd = codec::parse_json(stored->bytes(), arena_)) {
          for (const Value& version : crd->at_path("spec", "versions").elements()) {
            if (version.string_or("name") != resource.version) continue;
            custom.schema = version.get("schema").get("openAPIV3Schema");
          }
        }
      }
      customs_.push_back(custom);
    }
  }

  // Calls `make` with an OpenApi that is good during the call: the prose is only there meanwhile.
  template <typename Make>
  auto with(const Make& make) const {
    const schema::Prose prose(schema::embedded_prose());
    return make(schema::OpenApi({catalog_, prose, builtins_, customs_}));
  }

  bool defines_group(std::string_view group) const {
    return std::any_of(customs_.begin(), customs_.end(), [&](const schema::CustomSchema& custom) {
      return custom.resource->group == group;
    });
  }

 private:
  const schema::Catalog& catalog_;
  const std::vector<Served> served_;
  codec::Arena arena_;
  std::vector<const schema::Resource*> builtins_;
  std::vector<schema::CustomSchema> customs_;
};

bool OpenApiDocuments::serves(std::string_view path) {
  return path == kV2 || path == kV3 || path.starts_with(cat(kV3, "/"));
}

void OpenApiDocuments::refresh() {
  // What is served is looked at after the snapshot: if it is newer, the next call finds it stale.
  const store::Snapshot snapshot = environment_.store.snapshot();
  if (maker_ && of_.get() == snapshot.identity(kCrdResource)) return;
  of_ = snapshot.pin(kCrdResource);
  maker_ = std::make_shared<const Maker>(environment_, snapshot);
  custom_.clear();
  v2_json_ = v2_protobuf_ = index_ = {};
}

bool OpenApiDocuments::concerns_customs(std::string_view path) const {
  if (!path.starts_with("apis/")) return false;
  path.remove_prefix(5);
  return maker_->defines_group(path.substr(0, path.find('/')));
}

OpenApiDocuments::Document OpenApiDocuments::v2(bool protobuf) {
  Document& wanted = protobuf ? v2_protobuf_ : v2_json_;
  if (wanted.text) return wanted;
  wanted = maker_->with([&](const schema::OpenApi& api) {
    codec::Arena arena;
    const Value root = api.document(schema::OpenApiVersion::V2, {}, arena);
    std::string json = codec::to_json(root);
    std::string hash = sha512_of(json);  // One for both forms: they say the same.
    return Document{std::move(hash),
                    std::make_shared<const std::string>(
                        protobuf ? schema::openapi_v2_to_protobuf(root) : std::move(json))};
  });
  return wanted;
}

OpenApiDocuments::Document OpenApiDocuments::index() {
  if (index_.text) return index_;
  std::string text = maker_->with([&](const schema::OpenApi& api) {
    std::vector<schema::OpenApi::Hash> hashes;
    for (const std::string& path : api.v3_paths()) {
      Document& known = (concerns_customs(path) ? custom_ : builtin_)[path];
      if (known.hash.empty()) {
        const auto json = api.v3_json(path);
        THOLE_ASSERT(json.has_value());  // It is one of its own paths.
        known.hash = sha512_of(*json);
      }
      hashes.push_back({path, known.hash});
    }
    return schema::OpenApi::v3_index(hashes);
  });
  index_.hash = sha512_of(text);
  index_.text = std::make_shared<const std::string>(std::move(text));
  return index_;
}

OpenApiDocuments::Document OpenApiDocuments::v3(std::string_view path) {
  Documents& documents = concerns_customs(path) ? custom_ : builtin_;
  if (const auto found = documents.find(path); found != documents.end() && found->second.text) {
    return found->second;
  }
  auto json = maker_->with([&](const schema::OpenApi& api) { return api.v3_json(path); });
  if (!json) return {};
  Document made{sha512_of(*json), std::make_shared<const std::string>(std::move(*json))};
  documents[std::string(path)] = made;
  return made;
}

Async<message::Response> OpenApiDocuments::answer(Call& call) {
  const std::string_view path = call.url.path;
  const bool index = path == kV3;
  const bool below = !index && path != kV2;
  const Form form = index ? Form::Json : form_of(call.request.headers, !below);
  message::Response response;
  if (!index) response.headers.set("vary", "Accept");
  if (form == Form::None) {
    response.status = 406;
    co_return response;
  }
  const std::string_view name = below ? path.substr(kV3.size() + 1) : std::string_view();
  Document document;
  co_await run_blocking(environment_.seams.blocking, call.executor(), [&] {
    const std::lock_guard lock(mutex_);
    refresh();
    document = index ? this->index() : below ? v3(name) : v2(form == Form::Protobuf);
  });
  if (!document.text) co_return respond_text(404, "404 page not found\n");

  const std::string etag = cat("\"", document.hash, "\"");
  response.headers.set("etag", etag);
  response.headers.set("content-type", std::string(form == Form::Protobuf ? kProtobuf : kJson));
  if (const std::string_view hash = call.url.query.get("hash"); below && !hash.empty()) {
    if (hash != document.hash) {
      response.status = 301;
      response.headers.set("location", cat(kV3, "/", name, "?hash=", document.hash));
      co_return response;
    }
    response.headers.set("cache-control", "public, immutable");
    const auto now = std::chrono::floor<std::chrono::seconds>(environment_.seams.clock.wall());
    response.headers.set("expires", http_date(now + std::chrono::days(365)));
  }
  if (holds_etag(call.request.headers, etag)) {
    response.status = 304;
    co_return response;
  }
  response.body = *document.text;
  co_return response;
}

}  // namespace thole::api
