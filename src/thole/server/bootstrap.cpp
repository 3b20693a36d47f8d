#include "thole/server/bootstrap.hpp"

#include "thole/api/reads.hpp"
#include "thole/api/stored.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::server {

Async<void> write_bootstrap_objects(const Seams& seams, store::Store& store,
                                    const schema::Catalog& catalog,
                                    api::BootstrapOptions options) {
  const store::Snapshot snapshot = store.snapshot();
  store::Txn txn;
  for (const api::BootstrapObject& object :
       api::bootstrap_objects(options, seams.clock.wall(), seams.random)) {
    const schema::Resource* resource =
        catalog.find_kind(object.group, object.version, object.kind);
    THOLE_ASSERT(resource != nullptr);
    store::Key key = api::storage_key(*resource, object.namespace_, object.name);
    if (snapshot.get(key.resource, key.name)) continue;
    THOLE_CO_TRY(const codec::Document parsed, codec::parse_json(object.json));
    txn.push_back(store::Op::put(std::move(key), store::Expect::absent(),
                                 api::encode_stored(*resource, parsed.root)));
  }
  if (txn.empty()) co_return Result<void>();
  THOLE_CO_CHECK(co_await store.commit(seams.main, std::move(txn)));
  co_return Result<void>();
}

}  // namespace thole::server
