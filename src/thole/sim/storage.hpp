#pragma once
// The disk of one simulated machine: what programs see (the page cache), what would be left after
// a power cut, and everything in between that a power cut may or may not leave.
//
// Rules: un-flushed writes survive as any subset in any order, torn at 512 bytes; names are durable
// after the sync of their folder, until then any subset of the changes may be; after a failed sync
// the dirty pages are forgotten, so the next sync succeeds without having written them.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "thole/sim/draw.hpp"

namespace thole::sim {

class Storage {
 public:
  static constexpr std::size_t kSector = 512;

  class Inode {
   public:
    const std::string& bytes() const { return cache_; }
    void write(std::uint64_t offset, std::string_view bytes);
    void truncate(std::uint64_t size);
    void sync();
    void forget_dirty();         // A sync that failed.
    void power_cut(Draw& draw);  // Leaves what happened to be on the platter.
    bool dirty() const { return !versions_.empty() || !sizes_.empty(); }
    void flip_durable_bit(std::uint64_t bit);

   private:
    void remember(std::uint64_t from, std::uint64_t to);
    void put_durable(std::uint64_t sector, std::string_view content);

    std::string cache_;
    std::string durable_;
    // Each content that a dirty sector had since the last sync.
    std::map<std::uint64_t, std::vector<std::string>> versions_;
    std::vector<std::uint64_t> sizes_;
  };
  using InodePtr = std::shared_ptr<Inode>;

  // Null when there is no such file.
  InodePtr find(const std::string& path) const;
  bool folder_exists(const std::string& path) const;
  InodePtr create(const std::string& path);  // Its folder is there, its name isn't.
  bool rename(const std::string& from, const std::string& to);
  bool remove(const std::string& path);
  std::vector<std::string> list(const std::string& folder) const;
  void make_folders(const std::string& path);  // Durable at once, as the seam has it.
  void sync_folder(const std::string& folder);
  std::uint64_t used_bytes() const;

  bool lock(const std::string& path) { return locks_.insert(path).second; }
  void unlock(const std::string& path) { locks_.erase(path); }
  void unlock_all() { locks_.clear(); }

  void power_cut(Draw& draw);

 private:
  using Names = std::map<std::string, InodePtr>;
  // One change of names, atomic as the file system makes it.
  struct Change {
    std::string from;  // This name goes, if it is still that file's; empty for none.
    std::string to;    // This name comes; empty for none.
    InodePtr inode;
  };
  static void apply(Names& names, const Change& change);
  void change(Change change);

  Names names_;
  Names durable_names_;
  std::vector<Change> pending_;
  std::set<std::string> folders_;
  std::set<std::string> locks_;
};

// "/a/b" of "/a/b/c"; "." where there is no folder in the path.
std::string folder_of(const std::string& path);

}  // namespace thole::sim
