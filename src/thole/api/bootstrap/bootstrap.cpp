#include "thole/api/bootstrap/bootstrap.hpp"

#include <array>
#include <string_view>

#include "thole/base/result.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/time.hpp"

// data.S puts the two files here.
extern "C" {
extern const char thole_bootstrap_objects[];
extern const char thole_bootstrap_objects_end[];
extern const char thole_bootstrap_cluster[];
extern const char thole_bootstrap_cluster_end[];
}

namespace thole::api {
namespace {

std::string random_uid(Random& random) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::byte, 16> bytes{};
  random.fill(bytes);
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};  // Version 4
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};  // of RFC 9562.
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[std::to_integer<std::size_t>(bytes[i] >> 4)];
    text += kDigits[std::to_integer<std::size_t>(bytes[i] & std::byte{0x0f})];
  }
  return text;
}

class Texts {
 public:
  Texts(const BootstrapOptions& options, WallTime now, Random& random)
      : options_(options), now_(codec::format_time(codec::to_timestamp(now))), random_(random) {
    codec::write_json_string(options.client_ca_pem, client_ca_);
  }

  // Puts values in the place of the words that begin with a dollar sign.
  std::string fill_in(std::string_view line) {
    std::string out;
    out.reserve(line.size() + 256);
    for (;;) {
      const std::size_t dollar = line.find('$');
      out += line.substr(0, dollar);
      if (dollar == std::string_view::npos) return out;
      line.remove_prefix(dollar + 1);
      const std::size_t size = line.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
      out += value_of(line.substr(0, size));
      line.remove_prefix(size);
    }
  }

 private:
  std::string value_of(std::string_view word) {
    if (word == "NOW") return now_;
    if (word == "UID") return random_uid(random_);
    if (word == "DAY") return now_.substr(0, 10);
    if (word == "ADDRESS") return options_.advertise_address;
    if (word == "PORT") return cat(options_.port);
    if (word == "CIDR") return options_.service_cidr;
    if (word == "SERVICE_IP") return options_.service_ip;
    THOLE_ASSERT(word == "CLIENT_CA");
    return client_ca_;
  }

  const BootstrapOptions& options_;
  const std::string now_;
  Random& random_;
  std::string client_ca_;
};

// The text between `before` and the next quote. Our own files have each of them in the same form.
std::string_view quoted_after(std::string_view text, std::string_view before) {
  const std::size_t at = text.find(before);
  THOLE_ASSERT(at != std::string_view::npos);
  text.remove_prefix(at + before.size());
  return text.substr(0, text.find('"'));
}

BootstrapObject read_head(std::string json) {
  BootstrapObject object;
  const std::string_view api_version = quoted_after(json, "\"apiVersion\":\"");
  if (const std::size_t slash = api_version.find('/'); slash != std::string_view::npos) {
    object.group = api_version.substr(0, slash);
    object.version = api_version.substr(slash + 1);
  } else {
    object.version = api_version;
  }
  object.kind = quoted_after(json, "{\"kind\":\"");
  constexpr std::string_view kName = "\"metadata\":{\"name\":\"";
  object.name = quoted_after(json, kName);
  const std::size_t behind = json.find(kName) + kName.size() + object.name.size() + 1;
  constexpr std::string_view kNamespace = ",\"namespace\":\"";
  if (std::string_view(json).substr(behind).starts_with(kNamespace)) {
    object.namespace_ = quoted_after(json, kNamespace);
  }
  object.json = std::move(json);
  return object;
}

}  // namespace

std::vector<BootstrapObject> bootstrap_objects(const BootstrapOptions& options, WallTime now,
                                               Random& random) {
  Texts texts(options, now, random);
  std::vector<BootstrapObject> objects;
  const auto add_all = [&](std::string_view lines) {
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');
      THOLE_ASSERT(end != std::string_view::npos);
      objects.push_back(read_head(texts.fill_in(lines.substr(0, end))));
      lines.remove_prefix(end + 1);
    }
  };
  add_all({thole_bootstrap_objects, thole_bootstrap_objects_end});
  add_all({thole_bootstrap_cluster, thole_bootstrap_cluster_end});
  return objects;
}

}  // namespace thole::api
