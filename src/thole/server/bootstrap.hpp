#pragma once
// Writes what a new cluster starts with, and what a newer version of the program adds to it.

#include "thole/api/bootstrap/bootstrap.hpp"
#include "thole/base/async.hpp"
#include "thole/base/seams.hpp"
#include "thole/schema/catalog.hpp"
#include "thole/store/store.hpp"

namespace thole::server {

// Adds the objects that are not there, all in one batch. What is there already stays as it is: a
// cluster's owner may have changed it. Call on `seams.main`.
Async<void> write_bootstrap_objects(const Seams& seams, store::Store& store,
                                    const schema::Catalog& catalog,
                                    api::BootstrapOptions options);

}  // namespace thole::server
