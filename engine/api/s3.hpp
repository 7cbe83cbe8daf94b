// S3's operations, JSON in and JSON out.
//
// Input and output have the members of S3's model, wherever the wire carries them; points in time
// are seconds since the epoch. An object's content goes beside the JSON: Call::raw_payload or
// payload_file in, Reply::content out.
#pragma once

#include "api/operation.hpp"
#include "base/identity.hpp"
#include "object/objects.hpp"

namespace stepwell::api {

/// Adds all operations of the service "s3". What it is given outlives the table.
void register_s3(OperationTable& table, object::Objects& objects, const Identity& identity);

}  // namespace stepwell::api
