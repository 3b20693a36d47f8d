#include "thole/api/event_form.hpp"

#include "thole/api/errors.hpp"
#include "thole/api/stored.hpp"
#include "thole/api/tables/table.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

EventForm::EventForm(Served served, MediaType media, const Clock& clock)
    : served_(std::move(served)), media_(media), clock_(clock) {
  const schema::Resource& resource = *served_.resource;
  if (media_.shape == Shape::Metadata) {
    head_ = cat("\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/",
                media_.shape_version, "\",");
  } else {
    head_ = object_head(resource);
  }
  key_ = cat(resource.group, "/", resource.version, "/", resource.plural, " ",
             static_cast<int>(media_.shape), " ", media_.shape_version);
}

std::string EventForm::event(std::string_view type, std::string_view name,
                             const store::Value& value, store::Revision revision,
                             bool first) const {
  std::string out = cat("{\"type\":\"", type, "\",\"object\":");
  switch (media_.shape) {
    case Shape::Object:
      emit(value, head_, revision, out);
      break;
    case Shape::Metadata:
      emit_metadata(value, head_, revision, out);
      break;
    case Shape::Table: {
      TableWriter table(*served_.resource, media_.shape_version,
                        first ? Columns::All : Columns::None, clock_.wall());
      table.set_revision(revision);
      table.add(name, value, revision);
      table.finish(out);
      break;
    }
  }
  out += "}\n";
  return out;
}

std::string EventForm::bookmark(store::Revision revision, bool end_of_initial) const {
  const std::string marks =
      end_of_initial ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : "";
  std::string object;
  const std::string metadata = cat("{\"resourceVersion\":\"", revision, "\"", marks, "}");
  switch (media_.shape) {
    case Shape::Object:
    case Shape::Metadata:
      object = cat("{", head_, "\"metadata\":", metadata, "}");
      break;
    case Shape::Table: {
      TableWriter table(*served_.resource, media_.shape_version, Columns::None, clock_.wall());
      table.set_revision(revision);
      table.add_bare(cat("{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/",
                         media_.shape_version, "\",\"metadata\":", metadata, "}"));
      table.finish(object);
      break;
    }
  }
  return cat("{\"type\":\"BOOKMARK\",\"object\":", object, "}\n");
}

std::string EventForm::error(const Error& error) {
  std::string status = status_json(error);
  status.pop_back();
  return cat("{\"type\":\"ERROR\",\"object\":", status, "}\n");
}

}  // namespace thole::api
