#include "thole/real/sync_policy.hpp"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "thole/base/result.hpp"

namespace thole::real {

namespace sync_detail {

// The process's registration with the kernel is one for the process, and so is this word.
constinit std::atomic<AsymmetricFences> fences{AsymmetricFences::Undecided};

void heavy_fence() {
  AsymmetricFences how = fences.load(std::memory_order_acquire);
  if (how == AsymmetricFences::Undecided) how = start_asymmetric_fences();
  if (how == AsymmetricFences::Membarrier) {
    // Readers have only a compiler barrier by now, so a refusal here has no safe answer.
    THOLE_ASSERT(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0);
    return;
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void park(const std::atomic<std::uint32_t>& word, std::uint32_t expected) {
  // Any return is fine, an interrupted one too: the caller looks again.
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}

void unpark(const std::atomic<std::uint32_t>& word, std::uint32_t count) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

void pause(unsigned turn) {
  if (turn >= 64) {
    sched_yield();
    return;
  }
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

}  // namespace sync_detail

AsymmetricFences start_asymmetric_fences() {
  AsymmetricFences decided = sync_detail::fences.load(std::memory_order_acquire);
  if (decided != AsymmetricFences::Undecided) return decided;
  const bool registered =
      syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0 &&
      syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
  const AsymmetricFences mine =
      registered ? AsymmetricFences::Membarrier : AsymmetricFences::Fallback;
  if (!sync_detail::fences.compare_exchange_strong(decided, mine, std::memory_order_acq_rel)) {
    return decided;
  }
  return mine;
}

AsymmetricFences asymmetric_fences() { return sync_detail::fences.load(std::memory_order_acquire); }

void force_asymmetric_fallback(bool fallback) {
  sync_detail::fences.store(fallback ? AsymmetricFences::Fallback : AsymmetricFences::Undecided,
                            std::memory_order_release);
}

}  // namespace thole::real
