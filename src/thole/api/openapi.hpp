#pragma once
// /openapi/v2, /openapi/v3 and the documents below it. They are made when they are asked for, kept
// as long as they are true, and made on the Blocking seam, because one takes milliseconds and the
// index needs them all.
//
// Of the documents that only hashes were needed of, the text is not kept.
// Source: k8s.io/kube-openapi/pkg/handler and handler3.
// Threads: any executor; making a document and finding one share a lock, which only the Blocking
// seam's threads take.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "thole/api/call.hpp"
#include "thole/api/environment.hpp"
#include "thole/schema/openapi.hpp"

namespace thole::api {

class OpenApiDocuments {
 public:
  explicit OpenApiDocuments(const Environment& environment) : environment_(environment) {}

  static bool serves(std::string_view path);
  // The answer to a GET of such a path.
  Async<message::Response> answer(Call& call);

 private:
  struct Document {
    std::string hash;  // SHA-512, upper-case hexadecimal.
    std::shared_ptr<const std::string> text;
  };
  using Documents = std::map<std::string, Document, std::less<>>;
  class Maker;

  // All under the lock. A document with an empty hash is not there.
  void refresh();
  bool concerns_customs(std::string_view path) const;
  Document v2(bool protobuf);
  Document index();
  Document v3(std::string_view path);

  const Environment& environment_;
  std::mutex mutex_;
  std::shared_ptr<const void> of_;      // The CustomResourceDefinitions that all below is true of.
  std::shared_ptr<const Maker> maker_;  // Null while nothing is known.
  Documents builtin_;                   // Of version 3, and true for ever.
  Documents custom_;                    // Of version 3, with custom resources.
  Document v2_json_, v2_protobuf_, index_;
};

}  // namespace thole::api
