#include "thole/server/identity.hpp"

#include <algorithm>

#include "thole/base/text.hpp"
#include "thole/server/files.hpp"

namespace thole::server {
namespace {

using namespace std::chrono_literals;

constexpr auto kLifetime = 24h * 365 * 10;
constexpr auto kRenewBefore = 24h * 30;
// Clocks of clients may be a little behind ours.
constexpr auto kBackdate = 5min;

codec::Validity validity_at(WallTime now) { return {now - kBackdate, now + kLifetime}; }

bool ends_soon(const codec::KeyPair& pair, WallTime now) {
  const auto ders = codec::certificates_of_pem(pair.certificate_pem);
  if (!ders) return true;
  const auto info = codec::read_certificate(ders->front());
  return !info || info->validity.not_after < now + kRenewBefore;
}

bool covers(const codec::KeyPair& pair, const std::vector<std::string>& names) {
  const auto ders = codec::certificates_of_pem(pair.certificate_pem);
  if (!ders) return false;
  const auto info = codec::read_certificate(ders->front());
  return info && std::ranges::all_of(names, [&](const std::string& name) {
           return std::ranges::find(info->names, name) != info->names.end();
         });
}

// One pair of files, PKI/name.crt and PKI/name.key; empty texts when there is none.
Async<codec::KeyPair> read_pair(const Seams& seams, std::string pki, std::string name) {
  THOLE_CO_TRY(auto certificate, co_await read_file(seams.disk, cat(pki, "/", name, ".crt")));
  THOLE_CO_TRY(auto key, co_await read_file(seams.disk, cat(pki, "/", name, ".key")));
  co_return codec::KeyPair{std::move(certificate), std::move(key)};
}

Async<void> write_pair(const Seams& seams, std::string pki, std::string name,
                       codec::KeyPair pair) {
  THOLE_CO_CHECK(co_await replace_file(seams.disk, pki, cat(name, ".key"), pair.key_pem));
  co_return co_await replace_file(seams.disk, pki, cat(name, ".crt"), pair.certificate_pem);
}

// The pair of that name where it is good, otherwise one that `make` makes, kept for next time.
template <typename Good, typename Make>
Async<codec::KeyPair> pair_of(const Seams& seams, std::string pki, std::string name, Good good,
                              Make make) {
  if (!pki.empty()) {
    THOLE_CO_TRY(auto kept, co_await read_pair(seams, pki, name));
    if (!kept.certificate_pem.empty() && codec::check_key_pair(kept) && good(kept)) co_return kept;
  }
  THOLE_CO_TRY(codec::KeyPair made, make());
  if (!pki.empty()) THOLE_CO_CHECK(co_await write_pair(seams, pki, name, made));
  co_return made;
}

}  // namespace

std::vector<std::string> serving_names(const Endpoint& listen, std::vector<std::string> more) {
  std::vector<std::string> names = {"localhost",
                                    "kubernetes",
                                    "kubernetes.default",
                                    "kubernetes.default.svc",
                                    "kubernetes.default.svc.cluster.local",
                                    "127.0.0.1",
                                    "::1",
                                    "10.0.0.1"};
  std::string host = listen.text.substr(0, listen.text.rfind(':'));
  if (host.starts_with("[") && host.ends_with("]")) host = host.substr(1, host.size() - 2);
  more.push_back(host);
  for (std::string& name : more) {
    const bool any = name.empty() || name == "0.0.0.0" || name == "::";
    if (!any && std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

Async<Identity> load_or_make_identity(const Seams& seams, std::string folder,
                                      std::vector<std::string> names) {
  const WallTime now = seams.clock.wall();
  std::string pki;
  if (!folder.empty()) {
    pki = cat(folder, "/pki");
    THOLE_CO_CHECK(co_await seams.disk.make_dir(pki));
  }
  const auto lasts = [now](const codec::KeyPair& pair) { return !ends_soon(pair, now); };

  Identity identity;
  THOLE_CO_TRY(identity.authority, co_await pair_of(seams, pki, "ca", lasts, [&] {
                 return codec::make_authority("thole", validity_at(now));
               }));
  // What an earlier authority signed is of no use with this one.
  const auto bundle = codec::CaBundle::parse(identity.authority.certificate_pem);
  if (!bundle) co_return std::unexpected(bundle.error());
  THOLE_CO_TRY(identity.serving,
               co_await pair_of(
                   seams, pki, "serving",
                   [&](const codec::KeyPair& pair) { return lasts(pair) && covers(pair, names); },
                   [&] {
                     codec::LeafOptions leaf;
                     leaf.subject.common_name = "thole";
                     leaf.names = names;
                     leaf.validity = validity_at(now);
                     leaf.for_server = true;
                     return codec::make_leaf(identity.authority, leaf);
                   }));
  THOLE_CO_TRY(identity.admin,
               co_await pair_of(
                   seams, pki, "admin",
                   [&](const codec::KeyPair& pair) {
                     const auto chain = codec::certificates_of_pem(pair.certificate_pem);
                     return lasts(pair) && chain && bundle->verify_client(*chain, now);
                   },
                   [&] {
                     codec::LeafOptions leaf;
                     leaf.subject.common_name = "kubernetes-admin";
                     leaf.subject.organizations = {"system:masters"};
                     leaf.validity = validity_at(now);
                     leaf.for_client = true;
                     return codec::make_leaf(identity.authority, leaf);
                   }));

  if (!pki.empty()) {
    THOLE_CO_TRY(identity.service_account_key_pem,
                 co_await read_file(seams.disk, cat(pki, "/sa.key")));
  }
  if (identity.service_account_key_pem.empty()) {
    THOLE_CO_TRY(identity.service_account_key_pem, codec::make_key_pem());
    if (!pki.empty()) {
      THOLE_CO_CHECK(
          co_await replace_file(seams.disk, pki, "sa.key", identity.service_account_key_pem));
    }
  }
  co_return identity;
}

}  // namespace thole::server
