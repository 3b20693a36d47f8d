#pragma once
// Remembers client certificates that were verified a moment ago. Verifying takes a third of a
// millisecond, most of it to read the key; a client sends its chain once and asks many times.
//
// An answer is used again for a minute, so that an authority's own expiry is noticed; the leaf's
// validity is looked at each time. A table of fixed size: two chains that share a place take turns.
// Threads: any, without a lock.

#include <array>
#include <string>
#include <vector>

#include "thole/codec/x509.hpp"
#include "thole/store/atomic_ref.hpp"

namespace thole::api {

class VerifiedChains {
 public:
  // As CaBundle::verify_client.
  Result<codec::CertificateInfo> verify(const codec::CaBundle& authorities,
                                        const std::vector<std::string>& chain_der,
                                        WallTime now) const;

 private:
  struct Entry : store::Counted<Entry> {
    std::vector<std::string> chain_der;
    codec::CertificateInfo info;
    WallTime verified_at;
  };
  static constexpr std::size_t kPlaces = 64;
  mutable std::array<store::AtomicRef<Entry>, kPlaces> places_;
};

}  // namespace thole::api
