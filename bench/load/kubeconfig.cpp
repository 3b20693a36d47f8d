#include "load/kubeconfig.hpp"

#include "thole/base/text.hpp"
#include "thole/codec/base64.hpp"
#include "thole/codec/yaml.hpp"
#include "thole/real/process.hpp"

namespace thole::load {
namespace {

using codec::Value;

// The entry of a list such as `users` with that name: its `field`.
Value named(const Value& root, std::string_view list, std::string_view name,
            std::string_view field) {
  for (const Value& entry : root.get(list).elements()) {
    if (entry.string_or("name") == name) return entry.get(field);
  }
  return {};
}

// `key`-data holds base64, `key` names a file, relative to the kubeconfig's folder.
Result<std::string> pem(const Value& from, const std::string& key, const std::string& folder) {
  const std::string_view data = from.string_or(key + "-data");
  if (!data.empty()) return codec::decode_base64(data);
  const std::string_view file = from.string_or(key);
  if (file.empty()) return std::string();
  return real::read_file(file.starts_with('/') ? std::string(file) : cat(folder, '/', file));
}

}  // namespace

Result<Access> read_kubeconfig(const std::string& path) {
  THOLE_TRY(const std::string text, real::read_file(path));
  THOLE_TRY(const codec::Document document, codec::parse_yaml(text));
  const Value& root = document.root;
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
  const Value context = named(root, "contexts", root.string_or("current-context"), "context");
  const Value cluster = named(root, "clusters", context.string_or("cluster"), "cluster");
  const Value user = named(root, "users", context.string_or("user"), "user");

  Access access;
  std::string_view server = cluster.string_or("server");
  access.tls = server.starts_with("https://");
  if (!access.tls && !server.starts_with("http://")) {
    return fail(ErrorKind::Invalid, cat(path, ": the current context names no server"));
  }
  server.remove_prefix(server.find("//") + 2);
  server = server.substr(0, server.find('/'));
  const std::size_t colon = server.rfind(':');
  const bool has_port = colon != std::string_view::npos && server.find(']', colon) == server.npos;
  access.server_name = server.substr(0, has_port ? colon : server.size());
  access.address = has_port ? std::string(server) : cat(server, access.tls ? ":443" : ":80");
  if (access.server_name.starts_with('[')) {
    access.server_name = access.server_name.substr(1, access.server_name.size() - 2);
  }
  access.verify = !cluster.bool_or("insecure-skip-tls-verify", false);
  THOLE_TRY(access.authorities_pem, pem(cluster, "certificate-authority", folder));
  THOLE_TRY(access.certificate_pem, pem(user, "client-certificate", folder));
  THOLE_TRY(access.key_pem, pem(user, "client-key", folder));
  access.token = user.string_or("token");
  return access;
}

}  // namespace thole::load
