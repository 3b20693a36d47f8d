#include "thole/api/reads.hpp"

#include "thole/api/continue_token.hpp"
#include "thole/api/errors.hpp"
#include "thole/api/list_source.hpp"
#include "thole/api/respond.hpp"
#include "thole/api/tables/table.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

constexpr std::string_view kTooOldToContinue =
    "The provided continue parameter is too old to display a consistent list result. You can "
    "start a new list without the continue parameter, or use the continue token in this response "
    "to retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list.";

struct Page {
  store::Snapshot snapshot;
  std::string start;  // The first name to look at.
  bool latest = false;
};

Error too_old(store::Revision asked, store::Revision oldest) {
  return expired(cat("too old resource version: ", asked, " (", oldest, ")"));
}

// Carries metadata.continue, so that a client can go on with what is there now.
Error too_old_continue(const std::string& start) {
  Error error = expired(std::string(kTooOldToContinue));
  ErrorDetails details;
  details.causes.push_back({"ContinueToken", encode_continue({-1, start}), ""});
  error.details = std::make_shared<const ErrorDetails>(std::move(details));
  return error;
}

Async<Page> choose_page(const Environment& environment, Call& call, const ListOptions& options) {
  Page page;
  if (!options.continue_token.empty()) {
    THOLE_CO_TRY(const ContinueToken token, decode_continue(options.continue_token));
    if (!options.resource_version.empty() && options.resource_version != "0") {
      co_return fail(bad_request("specifying resource version is not allowed when using continue"));
    }
    page.start = token.start;
    if (token.revision < 0) {
      page.snapshot = environment.store.snapshot();
      co_return page;
    }
    auto pinned = environment.store.snapshot_at(static_cast<store::Revision>(token.revision));
    if (!pinned) {
      if (pinned.error().kind == ErrorKind::Expired) {
        co_return fail(too_old_continue(token.start));
      }
      co_return fail(too_large_resource_version(static_cast<store::Revision>(token.revision),
                                                environment.store.newest()));
    }
    page.snapshot = std::move(*pinned);
    co_return page;
  }
  THOLE_CO_TRY(const store::Revision asked, parse_resource_version(options.resource_version));
  if (asked == 0) {
    page.snapshot = environment.store.snapshot();
    page.latest = options.resource_version == "0";
    co_return page;
  }
  if (options.match == "Exact" || (options.match.empty() && options.limit > 0)) {
    auto pinned = environment.store.snapshot_at(asked);
    if (pinned) {
      page.snapshot = std::move(*pinned);
      co_return page;
    }
    if (pinned.error().kind == ErrorKind::Expired) {
      co_return fail(too_old(asked, environment.store.oldest()));
    }
  }
  THOLE_CO_TRY(page.snapshot, co_await snapshot_not_older(environment, call.executor(), asked));
  if (options.match == "Exact") {
    THOLE_CO_TRY(page.snapshot, environment.store.snapshot_at(asked));
  }
  co_return page;
}

struct Item {
  std::string name;
  const store::Value* value;
};

std::string list_head(const Call& call, store::Revision revision, const std::string& token,
                      std::int64_t remaining) {
  const schema::Resource& resource = call.resource();
  const bool metadata = call.media.shape == Shape::Metadata;
  std::string out = "{\"kind\":\"";
  if (metadata) {
    out +=
        cat("PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/", call.media.shape_version);
  } else {
    out += cat(resource.list_kind, "\",\"apiVersion\":\"",
               resource.group.empty() ? std::string(resource.version)
                                      : cat(resource.group, "/", resource.version));
  }
  out += cat("\",\"metadata\":{\"resourceVersion\":\"", revision, "\"");
  if (!token.empty()) out += cat(",\"continue\":\"", token, "\"");
  if (remaining >= 0) out += cat(",\"remainingItemCount\":", remaining);
  out += "},\"items\":[";
  return out;
}

}  // namespace

std::string storage_resource(const schema::Resource& resource) {
  if (resource.plural == "events" && resource.group == "events.k8s.io") return "core/events";
  return cat(resource.group.empty() ? std::string_view("core") : resource.group, "/",
             resource.plural);
}

store::Key storage_key(const schema::Resource& resource, std::string_view namespace_,
                       std::string_view name) {
  return {storage_resource(resource),
          resource.namespaced ? cat(namespace_, "/", name) : std::string(name)};
}

Async<store::Snapshot> snapshot_not_older(const Environment& environment, Executor& executor,
                                          store::Revision revision) {
  const TimePoint give_up = executor.clock().now() + std::chrono::seconds(3);
  while (environment.store.newest() < revision) {
    if (executor.clock().now() >= give_up) {
      co_return fail(too_large_resource_version(revision, environment.store.newest()));
    }
    co_await sleep_for(executor, std::chrono::milliseconds(25));
  }
  co_return environment.store.snapshot();
}

Result<Selection> selection_of(const Call& call, const ListOptions& options) {
  FieldSelector fields = options.fields;
  if (!call.info.name.empty()) {
    // The name in the path is a field selector too.
    if (!fields.empty()) {
      const auto selected = fields.exact("metadata.name");
      if (!selected || *selected != call.info.name) {
        return fail(bad_request("fieldSelector metadata.name doesn't match requested name"));
      }
    } else {
      fields.terms.push_back({"metadata.name", call.info.name, true});
    }
  }
  return Selection::make(call.resource(), options.labels, std::move(fields));
}

Async<message::Response> get_object(const Environment& environment, Call& call) {
  const schema::Resource& resource = call.resource();
  THOLE_CO_TRY(const store::Revision asked,
               parse_resource_version(call.url.query.get("resourceVersion")));
  THOLE_CO_TRY(const store::Snapshot snapshot,
               co_await snapshot_not_older(environment, call.executor(), asked));
  const store::Key key = storage_key(resource, call.info.namespace_, call.info.name);
  const store::Value* value = snapshot.find(key.resource, key.name);
  if (!value) co_return fail(not_found(resource.group, resource.plural, call.info.name));
  co_return respond_stored(call, 200, key.name, *value, value->revision());
}

Async<message::Response> list_objects(const Environment& environment, Call& call) {
  THOLE_CO_TRY(const ListOptions options, parse_list_options(call.url.query));
  THOLE_CO_TRY(const Selection selection, selection_of(call, options));
  THOLE_CO_TRY(const Page page, co_await choose_page(environment, call, options));

  const std::string storage = storage_resource(call.resource());
  const std::string prefix = call.resource().namespaced && !call.info.namespace_.empty()
                                 ? cat(call.info.namespace_, "/")
                                 : std::string();
  // A token counts from its prefix on, as upstream's does, where the namespace is in the path.
  const std::string start = page.start.empty() ? std::string() : prefix + page.start;
  const std::string head = call.served.custom && call.media.shape == Shape::Object
                               ? object_head(call.resource())
                               : std::string();
  const std::string item_head =
      call.media.shape == Shape::Metadata
          ? cat("\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/",
                call.media.shape_version, "\",")
          : head;
  const store::Revision revision = page.snapshot.revision();
  const std::int64_t limit = page.latest ? 0 : options.limit;

  const bool plain = call.media.shape != Shape::Table && call.media.encoding == Encoding::Json &&
                     !call.media.pretty;
  const bool packed =
      call.request.headers.get("accept-encoding").find("gzip") != std::string_view::npos;
  const store::ResourceInfo about = page.snapshot.info(storage);
  if (limit <= 0 && plain && (!packed || about.bytes < environment.limits.gzip_bytes_min)) {
    message::Response response;
    response.headers.set("content-type", call.media.content_type());
    response.body =
        std::make_unique<ListSource>(page.snapshot, page.snapshot.scan(storage, prefix, start),
                                     call.media.shape == Shape::Metadata, selection,
                                     list_head(call, revision, "", -1), item_head);
    co_return response;
  }

  std::vector<Item> items;
  std::string token;
  std::int64_t remaining = -1;
  for (store::Cursor cursor = page.snapshot.scan(storage, prefix, start); cursor.valid();
       cursor.next()) {
    if (!selection.matches(cursor.name(), cursor.value())) continue;
    if (limit > 0 && items.size() == static_cast<std::size_t>(limit)) {
      std::string next = items.back().name.substr(prefix.size());
      next += '\0';
      token = encode_continue({static_cast<std::int64_t>(revision), next});
      if (selection.empty()) {
        std::string from = items.back().name;
        from += '\0';
        remaining = static_cast<std::int64_t>(page.snapshot.count(storage, prefix, from));
      }
      break;
    }
    items.push_back({std::string(cursor.name()), &cursor.value()});
  }

  std::string out;
  if (call.media.shape == Shape::Table) {
    TableWriter table(call.resource(), call.media.shape_version, Columns::All,
                      call.executor().clock().wall());
    table.set_revision(revision);
    table.set_continue(token, remaining);
    if (call.url.query.has("includeObject")) {
      table.set_include(call.url.query.get("includeObject"));
    }
    for (const Item& item : items) table.add(item.name, *item.value, item.value->revision());
    table.finish(out);
  } else {
    out = list_head(call, revision, token, remaining);
    bool first = true;
    for (const Item& item : items) {
      if (!first) out += ',';
      first = false;
      if (call.media.shape == Shape::Metadata) {
        emit_metadata(*item.value, item_head, item.value->revision(), out);
      } else {
        emit(*item.value, item_head, item.value->revision(), out);
      }
    }
    out += "]}";
  }
  co_return respond_json(call.media, 200, std::move(out));
}

}  // namespace thole::api
