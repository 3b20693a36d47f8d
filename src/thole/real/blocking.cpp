#include "thole/real/blocking.hpp"

#include <utility>

namespace thole::real {

ThreadPool::ThreadPool(std::size_t thread_count_max) : thread_count_max_(thread_count_max) {
  THOLE_ASSERT(thread_count_max_ > 0);
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::run(Task work_task, Executor& executor, Task done) {
  Piece piece{std::move(work_task), &executor, std::move(done)};
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  waiting_.push_back(std::move(piece));
  if (idle_ < waiting_.size() && threads_.size() < thread_count_max_) {
    threads_.emplace_back([this] { work(); });
  } else {
    changed_.notify_one();
  }
}

void ThreadPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    --idle_;
    if (stopping_) return;
    Piece piece = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    piece.work();
    piece.work = nullptr;
    piece.executor->post(std::move(piece.done));
    lock.lock();
  }
}

void ThreadPool::stop() {
  std::vector<std::thread> threads;
  std::deque<Piece> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
    dropped.swap(waiting_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace thole::real
