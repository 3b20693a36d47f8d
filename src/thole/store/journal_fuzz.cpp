// Recovery from whatever may lie in a folder: it ends, with a state or with an error that says
// where, and never shows a state that was not written. The first byte says how the rest is used.

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thole/sim/draw.hpp"
#include "thole/store/log_format.hpp"
#include "thole/store/testing.hpp"
#include "thole/store/testing_disk.hpp"

namespace thole::store {
namespace {

constexpr int kWrites = 12;

std::string open_and_show(sim::Storage& storage, bool write) {
  VirtualExecutor executor;
  std::string shown;
  {
    TestDisk disk(storage, executor);
    sim::Draw random(1);
    TestLog log;
    StoreOptions options;
    options.folder = "/data";
    options.log = {4u << 10, 8u << 10, 1u << 20};
    auto opened = executor.run(Store::open(options, {&executor, nullptr, &disk, &random, &log}));
    if (!opened) {
      THOLE_ASSERT(!opened.error().message.empty());
      return "refused";
    }
    const std::unique_ptr<Store> store = std::move(*opened);
    shown = show(store->snapshot());
    for (int i = 0; write && i < kWrites; ++i) {
      const Op op = Op::put({"pods", cat("n", i % 3)}, {}, cat("value ", i, std::string(500, 'x')));
      THOLE_ASSERT(executor.run(store->commit(executor, {op})));
      if (i == kWrites - 1) shown = show(store->snapshot());
    }
    executor.drop_everything();
  }
  return shown;
}

// Flips bytes of a journal that was written well: every state it gives was there once.
void damage(std::string_view edits) {
  sim::Storage storage;
  open_and_show(storage, true);
  std::vector<std::string> files;
  for (const std::string& name : storage.list("/data")) {
    if (number_in(name, "log") || name == "FORMAT") files.push_back("/data/" + name);
  }
  for (; edits.size() >= 4; edits.remove_prefix(4)) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(edits[i]); };
    const auto inode = storage.find(files[byte(0) % files.size()]);
    const std::size_t offset = (byte(1) << 8 | byte(2)) % inode->bytes().size();
    inode->write(offset, edits.substr(3, 1));
  }
  const std::string shown = open_and_show(storage, false);
  if (shown == "refused") return;
  std::map<std::string, std::string> state;
  std::string text;
  bool known = shown.empty();
  for (int i = 0; i < kWrites && !known; ++i) {
    state[cat("n", i % 3)] = cat("value ", i, std::string(500, 'x'));
    text.clear();
    for (const auto& [name, bytes] : state) text += cat("pods ", name, "=", bytes, "; ");
    known = text == shown;
  }
  THOLE_ASSERT(known);
}

void decode(std::string_view bytes) {
  (void)decode_segment_header(bytes);
  (void)check_frame({}, bytes);
  if (bytes.size() < kFrameHeaderBytes) return;
  // As if the checksum had held.
  FrameHead head;
  head.length = static_cast<std::uint32_t>(bytes.size() - kFrameHeaderBytes);
  std::memcpy(&head.first, bytes.data() + 16, sizeof(head.first));
  std::memcpy(&head.last, bytes.data() + 24, sizeof(head.last));
  std::memcpy(&head.count, bytes.data() + 32, sizeof(head.count));
  if (const auto changes = decode_changes(head, bytes)) {
    THOLE_ASSERT(changes->size() == head.count);
  }
}

}  // namespace
}  // namespace thole::store

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 1u << 16) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] & 1) {
    thole::store::damage(rest);
  } else {
    thole::store::decode(rest);
  }
  return 0;
}
