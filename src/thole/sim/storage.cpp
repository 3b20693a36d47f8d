#include "thole/sim/storage.hpp"

#include <algorithm>
#include <utility>

#include "thole/base/result.hpp"

namespace thole::sim {
namespace {

// A sector that is written again and again keeps its first few contents and its last.
constexpr std::size_t kVersionsMax = 12;

}  // namespace

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void Storage::Inode::write(std::uint64_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  const std::uint64_t end = offset + bytes.size();
  const std::uint64_t old_size = cache_.size();
  if (end > old_size) {
    cache_.resize(end);
    sizes_.push_back(end);
  }
  std::ranges::copy(bytes, cache_.begin() + static_cast<std::ptrdiff_t>(offset));
  remember(offset, end);
}

void Storage::Inode::truncate(std::uint64_t size) {
  const std::uint64_t old_size = cache_.size();
  if (size == old_size) return;
  cache_.resize(size);
  sizes_.push_back(size);
  if (size < old_size) remember(size, old_size);
}

void Storage::Inode::remember(std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t sector = from / kSector; sector * kSector < to; ++sector) {
    std::string content(kSector, '\0');
    const std::uint64_t begin = sector * kSector;
    if (begin < cache_.size()) {
      const std::size_t size = std::min<std::size_t>(kSector, cache_.size() - begin);
      content.replace(0, size, cache_, begin, size);
    }
    auto& versions = versions_[sector];
    if (versions.size() == kVersionsMax) versions.pop_back();
    versions.push_back(std::move(content));
  }
}

void Storage::Inode::put_durable(std::uint64_t sector, std::string_view content) {
  const std::uint64_t begin = sector * kSector;
  if (durable_.size() < begin + kSector) durable_.resize(begin + kSector);
  durable_.replace(begin, kSector, content);
}

void Storage::Inode::sync() {
  for (const auto& [sector, versions] : versions_) put_durable(sector, versions.back());
  durable_.resize(cache_.size());
  versions_.clear();
  sizes_.clear();
}

void Storage::Inode::forget_dirty() {
  versions_.clear();
  sizes_.clear();
}

void Storage::Inode::power_cut(Draw& draw) {
  std::uint64_t size = durable_.size();
  if (!sizes_.empty()) {
    const std::uint64_t choice = draw.below(sizes_.size() + 1);
    if (choice > 0) size = sizes_[choice - 1];
  }
  // At each extreme now and then: nothing was written back, or all of it was.
  const std::uint64_t mood = draw.below(4);
  for (const auto& [sector, versions] : versions_) {
    const std::uint64_t choice = mood == 0   ? 0
                                 : mood == 1 ? versions.size()
                                             : draw.below(versions.size() + 1);
    if (choice > 0) put_durable(sector, versions[choice - 1]);
  }
  durable_.resize(size);
  cache_ = durable_;
  forget_dirty();
}

void Storage::Inode::flip_durable_bit(std::uint64_t bit) {
  for (std::string* bytes : {&durable_, &cache_}) {
    if (bit / 8 < bytes->size()) {
      (*bytes)[bit / 8] = static_cast<char>((*bytes)[bit / 8] ^ (1 << (bit % 8)));
    }
  }
}

Storage::InodePtr Storage::find(const std::string& path) const {
  const auto it = names_.find(path);
  return it == names_.end() ? nullptr : it->second;
}

bool Storage::folder_exists(const std::string& path) const {
  return path == "/" || path == "." || folders_.contains(path);
}

void Storage::apply(Names& names, const Change& change) {
  if (!change.from.empty()) {
    const auto it = names.find(change.from);
    if (it != names.end() && it->second == change.inode) names.erase(it);
  }
  if (!change.to.empty()) names[change.to] = change.inode;
}

void Storage::change(Change change) {
  apply(names_, change);
  pending_.push_back(std::move(change));
}

Storage::InodePtr Storage::create(const std::string& path) {
  THOLE_ASSERT(!names_.contains(path) && folder_exists(folder_of(path)));
  auto inode = std::make_shared<Inode>();
  change({.from = "", .to = path, .inode = inode});
  return inode;
}

bool Storage::rename(const std::string& from, const std::string& to) {
  const InodePtr inode = find(from);
  if (!inode || !folder_exists(folder_of(to))) return false;
  change({.from = from, .to = to, .inode = inode});
  return true;
}

bool Storage::remove(const std::string& path) {
  const InodePtr inode = find(path);
  if (!inode) return false;
  change({.from = path, .to = "", .inode = inode});
  return true;
}

std::vector<std::string> Storage::list(const std::string& folder) const {
  std::vector<std::string> names;
  for (const auto& [path, inode] : names_) {
    if (folder_of(path) == folder) names.push_back(path.substr(path.rfind('/') + 1));
  }
  for (const std::string& path : folders_) {
    if (folder_of(path) == folder) names.push_back(path.substr(path.rfind('/') + 1));
  }
  std::ranges::sort(names);
  return names;
}

void Storage::make_folders(const std::string& path) {
  if (folder_exists(path)) return;
  make_folders(folder_of(path));
  folders_.insert(path);
}

void Storage::sync_folder(const std::string& folder) {
  std::vector<Change> left;
  for (Change& pending : pending_) {
    if (folder_of(pending.from.empty() ? pending.to : pending.from) == folder ||
        folder_of(pending.to.empty() ? pending.from : pending.to) == folder) {
      apply(durable_names_, pending);
    } else {
      left.push_back(std::move(pending));
    }
  }
  pending_ = std::move(left);
}

std::uint64_t Storage::used_bytes() const {
  std::uint64_t used = 0;
  for (const auto& [path, inode] : names_) used += inode->bytes().size();
  return used;
}

// A journaling file system keeps a prefix of the changes; the rules promise less, and half of the
// cuts take them at their word.
void Storage::power_cut(Draw& draw) {
  const bool prefix = draw.below(2) == 0;
  const std::uint64_t kept = draw.below(pending_.size() + 1);
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (prefix ? i < kept : draw.below(2) == 0) apply(durable_names_, pending_[i]);
  }
  pending_.clear();
  names_ = durable_names_;
  std::set<const Inode*> cut;  // Only ever asked for membership: its order is not seen.
  for (const auto& [path, inode] : names_) {
    if (cut.insert(inode.get()).second) inode->power_cut(draw);
  }
  locks_.clear();
}

}  // namespace thole::sim
