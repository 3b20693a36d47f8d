// sync is headers only; this file holds that each of them stands on its own.

#include "thole/sync/broadcast_log.hpp"
#include "thole/sync/epoch_domain.hpp"
#include "thole/sync/event_count.hpp"
#include "thole/sync/hazard_domain.hpp"
#include "thole/sync/mpmc_queue.hpp"
#include "thole/sync/mpsc_queue.hpp"
#include "thole/sync/order.hpp"
#include "thole/sync/registry.hpp"
#include "thole/sync/seq_lock.hpp"
#include "thole/sync/spsc_ring.hpp"
#include "thole/sync/words.hpp"
