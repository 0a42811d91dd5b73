const DELIVERY_ID = /^(?:dlv_)?([1-9]\d{0,14})$/;

/**
 * Writes a delivery's number as people see it and as `X-OpenClaw-Delivery` carries it.
 *
 * @example
 * formatDeliveryId(42); // 'dlv_42'
 */
export function formatDeliveryId(number: number): string {
	return `dlv_${String(number)}`;
}

/**
 * Reads a delivery's number; undefined when the text is none.
 *
 * @example
 * parseDeliveryId('dlv_42'); // 42
 */
export function parseDeliveryId(text: string): number | undefined {
	const digits = DELIVERY_ID.exec(text.trim())?.[1];
	return digits === undefined ? undefined : Number(digits);
}
