#include "thole/store/log_journal.hpp"
#include "thole/store/state.hpp"
#include "thole/store/store.hpp"

namespace thole::store {

Async<std::unique_ptr<Store>> Store::open(StoreOptions options, StoreSeams seams) {
  if (options.folder.empty()) co_return in_memory(std::move(options), seams);
  THOLE_ASSERT(seams.sequencer && seams.disk && seams.random && seams.log);
  auto reclaimer = Ref<Reclaimer>::adopt(new Reclaimer(*seams.sequencer));
  THOLE_CO_TRY(OpenedLog opened,
               co_await open_log_journal(options, seams, reclaimer,
                                         StoreState::first_revision(*seams.sequencer)));
  auto state = std::make_shared<StoreState>(std::move(options), seams, std::move(opened.history),
                                            std::move(reclaimer), std::move(opened.journal));
  co_return std::unique_ptr<Store>(new Store(std::move(state)));
}

}  // namespace thole::store
