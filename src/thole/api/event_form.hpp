#pragma once
// One watch event as the bytes that a client reads: {"type":"ADDED","object":{...}} and a newline.

#include <memory>
#include <string>
#include <string_view>

#include "thole/api/negotiate.hpp"
#include "thole/api/resources.hpp"
#include "thole/base/clock.hpp"
#include "thole/store/change.hpp"

namespace thole::api {

// What a watcher wants its events to look like; watchers of equal forms share their bytes.
class EventForm {
 public:
  EventForm(Served served, MediaType media, const Clock& clock);

  const std::string& key() const { return key_; }

  // `first`: a Table's first event carries the columns.
  std::string event(std::string_view type, std::string_view name, const store::Value& value,
                    store::Revision revision, bool first) const;
  std::string bookmark(store::Revision revision, bool end_of_initial) const;
  static std::string error(const Error& error);

 private:
  Served served_;
  MediaType media_;
  const Clock& clock_;  // Tables count ages.
  std::string head_;
  std::string key_;
};

}  // namespace thole::api
