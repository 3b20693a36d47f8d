#include "thole/api/auth/verified_chains.hpp"

#include <chrono>
#include <functional>
#include <string_view>

namespace thole::api {
namespace {

constexpr auto kReuse = std::chrono::minutes(1);

}  // namespace

Result<codec::CertificateInfo> VerifiedChains::verify(const codec::CaBundle& authorities,
                                                      const std::vector<std::string>& chain_der,
                                                      WallTime now) const {
  if (chain_der.empty()) return authorities.verify_client(chain_der, now);
  store::AtomicRef<Entry>& place =
      places_[std::hash<std::string_view>()(chain_der.front()) % kPlaces];
  if (const store::Ref<Entry> known = place.load();
      known && now >= known->verified_at && now < known->verified_at + kReuse &&
      now >= known->info.validity.not_before && now <= known->info.validity.not_after &&
      known->chain_der == chain_der) {
    return known->info;
  }
  THOLE_TRY(codec::CertificateInfo info, authorities.verify_client(chain_der, now));
  auto fresh = store::Ref<Entry>::adopt(new Entry);
  fresh->chain_der = chain_der;
  fresh->info = info;
  fresh->verified_at = now;
  place.store(std::move(fresh));
  return info;
}

}  // namespace thole::api
