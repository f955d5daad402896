// Which requests are for this server, and which come from its own pages.
//
// A browser that visits a foreign page can be made to send requests here. Two checks keep them out: `Host`
// has to be a name or address of ours (a foreign name that was made to point here, "DNS rebinding", is 421),
// and what changes something has to come from a page of ours, by `Sec-Fetch-Site` or `Origin` (else 403).
// Programs send neither of these two, and their absence is no fault.
#pragma once

#include "offstage/web/router.hpp"

#include <string>
#include <vector>

namespace offstage::web {

struct OriginPolicy {
    std::vector<std::string> hosts = {};   ///< names that are ours, beside localhost and loopback addresses
    std::vector<std::string> origins = {}; ///< origins whose pages may change things: "https://shop.example"
    bool any_address = false; ///< any IP address as Host: rebinding needs a name (not listening on loopback)
};

/// Thread-safe.
Guard same_origin(OriginPolicy policy);

/// "Example.org:8000" as "example.org", "[::1]:80" as "::1". Empty where it is no host.
std::string host_name(std::string_view authority);

} // namespace offstage::web
