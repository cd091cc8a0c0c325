package estimate

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"fargate-stack/infra"
)

//go:embed prices.json
var pricesFile []byte

// A PriceList has the prices of AWS by region, in US dollars, as they were on a
// date.
type PriceList struct {
	// Date is when they were looked up, like 2006-01-02.
	Date string
	// Sources are the pages that they are from.
	Sources []string
	// Regions are the prices by the region's name.
	Regions map[string]Prices
}

// Prices are those of a region, without free tiers and discounts. Those that
// don't say an hour, a gigabyte or another unit are for a month.
type Prices struct {
	Fargate                   map[infra.Architecture]FargatePrices
	LoadBalancerHour          float64
	CapacityUnitHour          float64
	NATGatewayHour            float64
	NATGatewayGigabyte        float64
	PublicAddressHour         float64
	InterfaceEndpointHour     float64
	InterfaceEndpointGigabyte float64
	InternetGigabyte          float64
	LogGigabyte               float64
	LogStorageGigabyte        float64
	AlarmMetric               float64
	Dashboard                 float64
	Metric                    float64
	EnhancedMetric            float64
	WebACL                    float64
	WebACLRule                float64
	WebACLMillionRequests     float64
	BucketGigabyte            float64
	BucketThousandWrites      float64
	ImageGigabyte             float64
}

// FargatePrices are those of tasks of one architecture.
type FargatePrices struct{ VCPUHour, GibibyteHour float64 }

// readPrices reads the prices that this program was built with.
func readPrices() (*PriceList, error) {
	decoder := json.NewDecoder(bytes.NewReader(pricesFile))
	decoder.DisallowUnknownFields()
	list := &PriceList{}
	if err := decoder.Decode(list); err != nil {
		return nil, fmt.Errorf("cost/estimate/prices.json: %w", err)
	}
	return list, nil
}

// in returns the prices of a region.
func (l *PriceList) in(region string) (Prices, error) {
	prices, ok := l.Regions[region]
	if !ok {
		return Prices{}, fmt.Errorf("cost/estimate/prices.json has no prices of region %q, only of %s; add them from the pages that it names",
			region, strings.Join(slices.Sorted(maps.Keys(l.Regions)), ", "))
	}
	return prices, nil
}

// year returns the year of the prices.
func (l *PriceList) year() (int, error) {
	date, err := time.Parse(time.DateOnly, l.Date)
	if err != nil {
		return 0, fmt.Errorf("date of cost/estimate/prices.json: %w", err)
	}
	return date.Year(), nil
}
