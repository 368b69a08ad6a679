<?php // SECRET=whsec_... php -S 127.0.0.1:9000 receiver.php
$key = base64_decode(substr(getenv('SECRET'), strlen('whsec_')));
$body = file_get_contents('php://input');
$sentAt = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '0';
$signed = ($_SERVER['HTTP_WEBHOOK_ID'] ?? '') . '.' . $sentAt . '.' . $body;
$ours = 'v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true));
$isGenuine = false;
foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $given) {
    $isGenuine = hash_equals($ours, $given) || $isGenuine;
}
if (!ctype_digit($sentAt) || abs(time() - (int) $sentAt) > 300) {
    $isGenuine = false;
}
http_response_code($isGenuine ? 204 : 401); // answer first, then work
