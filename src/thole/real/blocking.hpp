#pragma once
// The Blocking seam on threads: made when they are first needed, at most `thread_count_max`.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "thole/base/blocking.hpp"

namespace thole::real {

class ThreadPool final : public Blocking {
 public:
  explicit ThreadPool(std::size_t thread_count_max);
  ~ThreadPool() override;  // As `stop`.

  void run(Task work, Executor& executor, Task done) override;

  // Waits for the work that runs, and drops what has not begun.
  void stop();

 private:
  struct Piece {
    Task work;
    Executor* executor;
    Task done;
  };

  void work();

  const std::size_t thread_count_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> waiting_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace thole::real
