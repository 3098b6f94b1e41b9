#pragma once

/// Everything a user of the library needs: `#include <symphony/symphony.hpp>`.

#include "symphony/core/json.hpp"
#include "symphony/core/result.hpp"
#include "symphony/tool/client.hpp"
#include "symphony/tool/tool.hpp"
